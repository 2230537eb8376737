# verify and unpack: nothing of a package may reach beyond its folder.

verify() {
  if [ -d "$releases/$release" ]; then
    read_release "$release"
    outcome=skipped
    [ "$that_digest" = "$digest" ] || fail digest_mismatch "the release on the host was made of $that_digest"
    return 0
  fi
  got=$(($(wc -c <"$journal/artifact")))
  if [ "$got" != "$size" ]; then
    fail size_mismatch "$got bytes instead of $size"
  else
    got=$(bounded sha256sum <"$journal/artifact")
    [ "${got%% *}" = "$digest" ] || fail digest_mismatch "${got%% *} instead of $digest"
  fi
  [ "$outcome" = ok ] || rm -f "$journal/artifact"
}

unpack() {
  if [ -d "$releases/$release" ]; then
    outcome=skipped
    return 0
  fi
  fresh=$releases/.unpack-$attempt
  remove_tree "$fresh"
  mkdir "$fresh"
  if check_listing && extract && check_tree && seal; then
    mv -T "$fresh" "$releases/$release" || fail unpack_failed 'the unpacked folder could not be renamed'
  fi
  remove_tree "$fresh"
  rm -f "$journal/listing" "$journal/tar.exit" "$journal/artifact"
}

remove_tree() {
  [ -e "$1" ] || return 0
  chmod -R u+w "$1" 2>/dev/null
  rm -rf "$1"
}

# reject CODE TEXT: fails the step when there is something to say.
reject() { [ -z "$2" ] || fail "$1" "$2"; }

# Before a byte is written: how much it would become, and every name in it.
check_listing() { check_size && list_entries && check_entries; }

check_size() {
  got=$(($(bounded gzip -dc <"$journal/artifact" 2>/dev/null | head -c "$((unpack_bytes + 1))" | wc -c)))
  [ "$got" -le "$unpack_bytes" ] || fail too_large "more than $unpack_bytes bytes unpacked"
}

# A listing that could not be written in full must not pass for a short one.
list_entries() {
  {
    bounded env LC_ALL=C tar --numeric-owner -tvzf "$journal/artifact" 2>"$journal/tool.err"
    echo "$?" >"$journal/tar.exit"
  } | head -n "$((unpack_entries + 1))" >"$journal/listing" || fail no_space 'no room for the listing' || return 1
  read -r tar_exit <"$journal/tar.exit" || fail no_space 'no room for the listing' || return 1
  [ "$(($(wc -l <"$journal/listing")))" -le "$unpack_entries" ] || fail too_many_entries "more than $unpack_entries" || return 1
  [ "$tar_exit" = 0 ] || fail not_an_archive "$(first_line "$journal/tool.err")"
}

# A line that does not look like the listing of a file, folder or link is refused: no entry hides behind a strange date or owner.
entry='^[-dl][-rwxsStT]{9}[.+@]? +[^ /]+/[^ /]+ +[0-9]+ [0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{5,8} '

check_entries() {
  odd=$(LC_ALL=C grep -aEv "$entry" "$journal/listing" | head -n 1)
  case $odd in
    '') ;;
    h*) fail hard_link "$odd" || return 1 ;;
    [bcps]*) fail special_file "$odd" || return 1 ;;
    *) fail not_an_archive "$odd" || return 1 ;;
  esac
  # busybox writes a hard link like a link, and lists an unsafe name without its head but with a word on stderr.
  reject hard_link "$(listed '^-.* -> ')" &&
    reject unsafe_path "$(grep -i 'removing leading' "$journal/tool.err" | head -n 1)" &&
    reject unsafe_path "$(listed "$entry(/|\.\.(/|\$)|.*/\.\.(/|\$))" | LC_ALL=C grep -av '^l')" &&
    check_links "$(listed '^l' | find_bad_link)"
}

listed() { LC_ALL=C grep -aE "$1" "$journal/listing"; }

check_links() { reject "${1%% *}" "${1#* }"; }

find_bad_link() {
  while read -r rest rest rest rest rest link; do
    target=${link#* -> } name=${link%% -> *}
    case /$name/ in //* | */../*) echo "unsafe_path $link" && return ;; esac
    case $target in /* | *' -> '*) echo "unsafe_link $link" && return ;; esac
    stays_inside "$name" "$target" || { echo "unsafe_link $link" && return; }
  done
}

# stays_inside NAME TARGET: walks the target from the link's folder and never above the top.
stays_inside() {
  depth=0 walk=''
  case $1 in */*) walk=${1%/*} ;; esac
  walk=$walk/$2/
  while [ -n "$walk" ]; do
    case ${walk%%/*} in
      '' | .) ;;
      ..) depth=$((depth - 1)) ;;
      *) depth=$((depth + 1)) ;;
    esac
    [ "$depth" -ge 0 ] || return 1
    walk=${walk#*/}
  done
}

# What tar says is kept in memory: on a full disk, of all places, a file would not hold it.
extract() {
  said=$({ cd "$fresh" && bounded tar -xozf "$journal/artifact"; echo "exit $?"; } 2>&1 | tail -c 2000)
  case $said in
    *'exit 0') return 0 ;;
    *'No space left'* | *'Wrote only'*) fail no_space "${said%%"$newline"*}" ;;
    *) fail unpack_failed "${said%%"$newline"*}" ;;
  esac
}

# The result is looked at as well: links that only together lead out, sparse files, whatever a listing did not show.
check_tree() {
  chmod -R u+rwX,u-s,g-s "$fresh"
  reject special_file "$(find "$fresh" ! -type f ! -type d ! -type l)" &&
    reject hard_link "$(find "$fresh" -type f -links +1)" &&
    reject too_large "$(find "$fresh" -type f -size "+${unpack_bytes}c")" &&
    reject unsafe_link "$(find_link_out)"
}

# Links without .. only lead downwards; one readlink each is paid only where a package has the other kind.
find_link_out() {
  listed '^l.* -> (.*/)?\.\.(/|$)' >/dev/null || return 0
  top=$(readlink -f "$fresh")
  find "$fresh" -type l | while IFS= read -r link; do
    case $(readlink -f "$link") in "$top"/* | "$top") ;; *) echo "${link#"$fresh/"}" && break ;; esac
  done
}

# Names the release and makes it read-only. The contents reach the disk before the name does.
seal() {
  rm -rf "$fresh/.signalbox"
  if printf '%s\n%s\n%s\n' "$product" "$version" "$digest" >"$fresh/.signalbox" && chmod -R a-w "$fresh"; then
    sync -f "$fresh" 2>/dev/null || sync
    return 0
  fi
  fail unpack_failed 'the unpacked folder could not be sealed'
}
