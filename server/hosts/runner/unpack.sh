# verify and unpack: nothing of a package may reach beyond its folder.

verify() {
  if [ -d "$releases/$release" ]; then
    read_release "$release"
    outcome=skipped
    [ "$that_digest" = "$digest" ] || fail digest_mismatch "the release on the host was made of $that_digest"
    return 0
  fi
  sum=$(bounded sha256sum <"$journal/artifact")
  [ "${sum%% *}" != "$digest" ] || return 0
  got=$(($(wc -c <"$journal/artifact")))
  rm -f "$journal/artifact"
  [ "$got" = "$size" ] || fail size_mismatch "$got bytes instead of $size" || return
  fail digest_mismatch "${sum%% *} instead of $digest"
}

unpack() {
  if [ -d "$releases/$release" ]; then
    outcome=skipped
    return 0
  fi
  fresh=$releases/.unpack-$attempt
  remove_tree "$fresh"
  mkdir "$fresh"
  if check_listing && extract && seal && check_tree && sync_tree; then
    if mv -T "$fresh" "$releases/$release"; then unpacked=$release; else
      fail unpack_failed 'the unpacked folder could not be renamed'
    fi
  fi
  remove_tree "$fresh"
  rm -f "$journal/listing" "$journal/gzip.exit" "$journal/tar.exit" "$journal/artifact"
}

remove_tree() {
  [ -e "$1" ] || return 0
  chmod -R u+w "$1" 2>/dev/null
  rm -rf "$1"
}

# reject CODE TEXT: fails the step when there is something to say.
reject() { [ -z "$2" ] || fail "$1" "$2"; }

# Before a byte is written: how much it would become, and every name in it.
check_listing() { list_entries && check_entries; }

# More than this is never read: a listing that ended for another reason than its own end is looked at for its size first.
check_size() {
  got=$(($(bounded gzip -dc <"$journal/artifact" 2>/dev/null | head -c "$((unpack_bytes + 1))" | wc -c)))
  [ "$got" -le "$unpack_bytes" ] || fail too_large "more than $unpack_bytes bytes unpacked"
}

# A listing that could not be written in full must not pass for a short one.
list_entries() {
  : >"$journal/tool.err" || fail no_space 'no room for the listing' || return 1
  {
    bounded gzip -dc <"$journal/artifact" 2>>"$journal/tool.err"
    echo "$?" >"$journal/gzip.exit"
  } | head -c "$((unpack_bytes + 1))" | {
    export LC_ALL=C
    bounded tar --numeric-owner -tvf - 2>>"$journal/tool.err"
    echo "$?" >"$journal/tar.exit"
  } | head -n "$((unpack_entries + 1))" >"$journal/listing" || fail no_space 'no room for the listing' || return 1
  { read -r gzip_exit <"$journal/gzip.exit" && read -r tar_exit <"$journal/tar.exit"; } ||
    fail no_space 'no room for the listing' || return 1
  lines=$(($(wc -l <"$journal/listing")))
  [ "$gzip_exit $tar_exit" = '0 0' ] && [ "$lines" -le "$unpack_entries" ] && return 0
  check_size || return 1
  [ "$lines" -le "$unpack_entries" ] || fail too_many_entries "more than $unpack_entries" || return 1
  fail not_an_archive "$(first_line "$journal/tool.err")"
}

# A line that does not look like the listing of a file, folder or link is refused: no entry hides behind a strange date or owner.
entry='^[-dl][-rwxsStT]{9}[.+@]? +[^ /]+/[^ /]+ +[0-9]+ [0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{5,8} '

# Files and folders with names of letters, digits and little more: no link, no way out, nothing that needs another look.
name='\.?[A-Za-z0-9_@+=,-][A-Za-z0-9_@+=,.-]*'
plain="^[-d]${entry#??????}(\./)?($name(/$name)*/?)?\$"

check_entries() {
  links=no
  [ -s "$journal/tool.err" ] || [ "$(LC_ALL=C grep -aEc "$plain" "$journal/listing")" != "$lines" ] || return 0
  links=maybe
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
  odd=$(find "$fresh" \( ! -type f ! -type d ! -type l \) -o \( -type f \( -links +1 -o -size "+${unpack_bytes}c" \) \))
  [ "$odd$links" != no ] || return 0
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

# Names the release and makes it read-only. What stands in the name's place goes; it may be a folder that is closed.
seal() {
  [ -w "$fresh" ] && [ -x "$fresh" ] || chmod u+rwx "$fresh"
  [ ! -L "$fresh/.signalbox" ] || rm -f "$fresh/.signalbox"
  remove_tree "$fresh/.signalbox"
  if printf '%s\n%s\n%s\n' "$product" "$version" "$digest" >"$fresh/.signalbox" &&
    chmod -R u+rX,u-s,g-s,a-w "$fresh"; then
    return 0
  fi
  fail unpack_failed 'the unpacked folder could not be sealed'
}

# The contents reach the disk before the name does.
sync_tree() { sync -f "$fresh" 2>/dev/null || sync; }
