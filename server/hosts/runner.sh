# The host runner of Signalbox: POSIX sh, dash, bash --posix and busybox. Nothing of it is installed on a host.
#
# It lives twice. ATTACHED it arrives over the line, speaks first and answers on stdout; it lets in one owner (fence), takes
# the package and starts the other life. DETACHED (own session, `runner.sh steps`) it does the steps and outlives the line.
#
#   <root>/<product>/releases/<folder>/    unpacked, read-only; `.signalbox` holds product, version, digest
#                    current -> releases/…  switched by one rename
#                    complete               folder of the last release whose attempt succeeded
#                    lock                   "fence attempt boot" of the owner; `guard` is the mutex around it
#                    journal/<attempt>/     report (the journal, JSON lines), log (hook output), alive (held while steps run),
#                                           ended, cancel, previous, <hook>.exit, artifact, runner.sh
#
# Report lines are written here and parsed here (judge, field): keep `event` and `step` first and free of escapes.
set -u
umask 022
runner_version=1
newline='
'
tools='cat chmod date df env find flock grep gzip head id ln ls mkdir mv readlink rm sed setsid sha256sum sleep sync tail tar
timeout touch tr uname wc'

# --- plan: key=value lines, ended by an empty one. Never eval'd. ------------------------------------------------------

read_plan() {
  plan='' environment=''
  while IFS= read -r line; do
    case $line in
      '') return 0 ;;
      action=*) action=${line#*=} ;;
      attempt=*) attempt=${line#*=} ;;
      fence=*) fence=${line#*=} ;;
      root=*) root=${line#*=} ;;
      product=*) product=${line#*=} ;;
      version=*) version=${line#*=} ;;
      release=*) release=${line#*=} ;;
      digest=*) digest=${line#*=} ;;
      size=*) size=${line#*=} ;;
      kind=*) kind=${line#*=} ;;
      on_failure=*) on_failure=${line#*=} ;;
      keep=*) keep=${line#*=} ;;
      keep_releases=*) keep_releases=${line#*=} ;;
      step_seconds=*) step_seconds=${line#*=} ;;
      pre_install_seconds=*) pre_install_seconds=${line#*=} ;;
      post_install_seconds=*) post_install_seconds=${line#*=} ;;
      health_seconds=*) health_seconds=${line#*=} ;;
      unpack_bytes=*) unpack_bytes=${line#*=} ;;
      unpack_entries=*) unpack_entries=${line#*=} ;;
      log_cap=*) log_cap=${line#*=} ;;
      log_offset=*) log_sent=${line#*=} ;;
      report_offset=*) report_sent=${line#*=} ;;
      clock_base=*) clock_base=${line#*=} ;;
      env.*) environment=$environment${line#env.}$newline ;;
    esac
    plan=$plan$line$newline
  done
  exit 1 # the line died in the middle of the plan
}

paths() {
  home=$root/$product
  releases=$home/releases
  journal=$home/journal/${attempt-}
}

# --- clock and JSON ---------------------------------------------------------------------------------------------------

# Sets up: milliseconds since boot, without a fork and deaf to clock changes.
read_uptime() {
  read -r up rest </proc/uptime
  up=${up%.*}${up#*.}0
  while :; do case $up in 0?*) up=${up#0} ;; *) break ;; esac; done
}

start_clock() {
  read -r boot </proc/sys/kernel/random/boot_id
  read_uptime
  clock_base=$(date +%s%3N)
  case $clock_base in *[!0-9]* | '') clock_base=$(date +%s)000 ;; esac
  clock_base=$((clock_base - up))
}

tell_time() {
  read_uptime
  now=$((clock_base + up))
}

# quote TEXT: sets quoted, the text as a JSON string; control characters become spaces.
quote() {
  case $1 in
    *[!A-Za-z0-9\ ._/:@+,=-]*) quoted=\"$(printf '%s' "$1" | tr '\001-\037\177' ' ' | sed 's/[\\"]/\\&/g')\" ;;
    *) quoted=\"$1\" ;;
  esac
}

# read_release FOLDER: sets that_version, that_digest and that_json.
read_release() {
  that_version='' that_digest='' that_json=null
  [ -n "$1" ] || return 0
  that_version=${1%-*} that_digest=${1##*-}
  if [ -r "$releases/$1/.signalbox" ]; then
    { read -r rest && read -r that_version && read -r that_digest; } <"$releases/$1/.signalbox"
  fi
  quote "$1"
  that_json="{\"release\":$quoted"
  quote "$that_version"
  that_json="$that_json,\"version\":$quoted"
  quote "$that_digest"
  that_json="$that_json,\"digest\":$quoted}"
}

# Sets current: the folder that the link names, or nothing.
read_current() {
  current=''
  [ -L "$home/current" ] || return 0
  current=$(readlink "$home/current")
  current=${current##*/}
}

current_json() {
  read_current
  read_release "$current"
}

read_complete() {
  complete=''
  if [ -r "$home/complete" ]; then read -r complete <"$home/complete" || :; fi
}

# --- who owns the host ------------------------------------------------------------------------------------------------

read_owner() {
  owner_fence=0 owner_attempt='' owner_boot=''
  if [ -r "$home/lock" ]; then read -r owner_fence owner_attempt owner_boot <"$home/lock" || :; fi
}

# alive ATTEMPT: its steps are at work. The probe is a shared lock, so that two probes never take each other for a worker.
alive() {
  [ -e "$home/journal/$1/alive" ] && [ ! -e "$home/journal/$1/ended" ] && ! flock -n -s "$home/journal/$1/alive" true
}

refuse() {
  quote "${2-}"
  printf 'refused {"code":"%s","detail":%s,"ownerFence":%s,"ownerAttempt":"%s"}\n' \
    "$1" "$quoted" "${owner_fence:-0}" "${owner_attempt-}"
  exit 0
}

check_fence() {
  read_owner
  [ "$fence" -ge "$owner_fence" ] || refuse fence_stale
  [ -z "$owner_attempt" ] || [ "$owner_attempt" = "$attempt" ] || [ "$fence" -gt "$owner_fence" ] || refuse fence_stale
}

# Enters the guard and makes this attempt the owner, or refuses. leave_guard (or the end of the process) lets the next one in.
claim() {
  exec 9>>"$home/guard"
  flock 9
  check_fence
  if [ -n "$owner_attempt" ] && [ "$owner_attempt" != "$attempt" ] && alive "$owner_attempt"; then refuse busy; fi
  if [ "$owner_fence $owner_attempt $owner_boot" != "$fence $attempt $boot" ]; then
    printf '%s %s %s\n' "$fence" "$attempt" "$boot" >"$home/lock.new"
    problem=$(mv -fT "$home/lock.new" "$home/lock" 2>&1) || refuse missing_tools "mv -T: $problem"
  fi
}

leave_guard() { exec 9>&-; }

# --- journal ----------------------------------------------------------------------------------------------------------

# A line that cannot be written ends the steps: nothing may happen that the journal does not know.
note() { printf '%s\n' "$1" >>"$journal/report" || exit 3; }

# Before and after a hook and a switch the journal has to survive a power cut, or a hook would run twice.
flush() { sync "$journal/report" 2>/dev/null || sync; }

log_size() { log_bytes=$(($(wc -c <"$journal/log"))); }

# Sets value to the field NAME of the JSON in line: strings without escapes, and numbers.
field() {
  value=${line#*\"$1\":}
  case $value in
    \"*) value=${value#\"} value=${value%%\"*} ;;
    *) value=${value%%[,\}]*} ;;
  esac
}

# Reads the journal: which steps are done, which one is open, what has failed, whether there is a final line.
judge() {
  done_steps=' ' open_step='' open_at=0 failed_step='' failed_code='' restore_failed='' boot_then=$boot final_line=''
  [ -e "$journal/report" ] || return 0
  while IFS= read -r line; do
    case $line in
      '{"event":"began",'*) field boot && boot_then=$value ;;
      '{"event":"started",'*)
        field at && open_at=$value
        field step && open_step=$value
        ;;
      '{"event":"ended",'*) judge_end ;;
      '{"event":"final",'*) final_line=$line ;;
    esac
  done <"$journal/report"
}

judge_end() {
  field step
  open_step='' ended_step=$value
  field outcome
  case $value:$ended_step in
    ok:* | skipped:*) done_steps="$done_steps$ended_step " ;;
    *:restore | *:restore-hook) restore_failed=yes done_steps="$done_steps$ended_step " ;;
    *)
      failed_step=$ended_step
      field code && failed_code=$value
      ;;
  esac
}

is_done() { case $done_steps in *" $1 "*) return 0 ;; *) return 1 ;; esac; }

activate_begun() { is_done activate || [ "$open_step" = activate ] || [ "$failed_step" = activate ] || is_after_activate; }
is_after_activate() { case $failed_step$open_step in post-install | health | restore*) return 0 ;; *) return 1 ;; esac; }
is_hook() { case $1 in pre-install | post-install | health | restore-hook) return 0 ;; *) return 1 ;; esac; }

begin() {
  tell_time
  step=$1 step_at=$now outcome=ok code=null exit_code=null detail=''
  note "{\"event\":\"started\",\"step\":\"$1\",\"at\":$now,\"logOffset\":$log_bytes}"
}

fail() {
  outcome=failed code=\"$1\" detail=${2-}
}

finish() {
  tell_time
  quote "$detail"
  note "{\"event\":\"ended\",\"step\":\"$step\",\"at\":$now,\"outcome\":\"$outcome\",\"code\":$code,\"exit\":$exit_code,\"ms\":$((\
now - step_at)),\"logOffset\":$log_bytes,\"detail\":$quoted}"
  case $outcome:$step in
    ok:* | skipped:*) done_steps="$done_steps$step " ;;
    *:restore | *:restore-hook) restore_failed=yes restore_detail=$detail ;;
    *)
      failed_step=$step failed_detail=$detail
      failed_code=${code#\"} failed_code=${failed_code%\"}
      ;;
  esac
}

# first_line FILE: the first words of what a tool said on stderr.
first_line() { head -c 300 "$1" 2>/dev/null | head -n 1; }

# --- attached life ----------------------------------------------------------------------------------------------------

find_missing_tools() {
  missing=''
  for tool in $tools; do command -v "$tool" >/dev/null 2>&1 || missing="$missing $tool"; done
  [ -n "$missing" ] && return 0
  timeout -k 1 5 true 2>/dev/null || missing="$missing timeout-k"
}

# Sets facts: the open start of a JSON object. An answer leaves in one write, so it is one packet.
gather_facts() {
  missing_json=''
  for tool in $missing; do missing_json="$missing_json${missing_json:+,}\"$tool\""; done
  free=$(df -Pk "$root" 2>/dev/null | tail -n 1) && set -- $free
  free=null
  case ${4-} in *[!0-9]* | '') ;; *) free=$(($4 * 1024)) ;; esac
  quote "$(uname -n)" && host_json=$quoted
  quote "$(id -un 2>/dev/null || id -u)" && user_json=$quoted
  read_owner
  owner=null
  [ -z "$owner_attempt" ] || owner="{\"fence\":$owner_fence,\"attempt\":\"$owner_attempt\",\"boot\":\"$owner_boot\"}"
  current_json
  read_complete
  is_complete=false
  [ -z "$current" ] || [ "$current" != "$complete" ] || is_complete=true
  read_uptime
  facts="{\"runner\":\"$runner_version\",\"host\":$host_json,\"user\":$user_json,\"boot\":\"$boot\",\"uptimeMs\":$up"
  facts="$facts,\"missingTools\":[$missing_json],\"current\":$that_json,\"currentComplete\":$is_complete"
  facts="$facts,\"freeBytes\":$free,\"owner\":$owner"
}

inspect() {
  find_missing_tools
  gather_facts
  found=''
  for folder in "$releases"/*/; do
    [ -d "$folder" ] || continue
    folder=${folder%/}
    read_release "${folder##*/}"
    found=$found${found:+,}$that_json
  done
  printf 'inspect %s,"releases":[%s]}\n' "$facts" "$found"
}

say_hello() {
  report_bytes=0 log_bytes=0 state=new present=false
  [ ! -d "$releases/$release" ] || present=true
  [ ! -e "$journal/report" ] || report_bytes=$(($(wc -c <"$journal/report")))
  [ ! -e "$journal/log" ] || log_size
  judge
  if [ -n "$final_line" ]; then
    state=ended
  elif [ "$report_bytes" -gt 0 ]; then
    state=interrupted
    alive "$attempt" && state=running
  fi
  gather_facts
  printf 'hello %s,"attempt":"%s","releasePresent":%s,"reportBytes":%s,"logBytes":%s}\n' \
    "$facts" "$state" "$present" "$report_bytes" "$log_bytes"
}

check_root() {
  case $root in
    / | [!/]* | */../* | */.. | */./* | *//*) refuse bad_root "the root has to be an absolute path without ., .. or //" ;;
  esac
  problem=$(mkdir -p "$releases" 2>&1 && umask 077 && mkdir -p "$journal" 2>&1) || refuse bad_root "$problem"
  : >>"$journal/log"
}

attach() {
  find_missing_tools
  say_hello
  [ -z "$missing" ] || refuse missing_tools "${missing# }"
  check_root
  claim
  log_size
  judge
  if [ -z "$final_line" ] && ! alive "$attempt"; then
    prepare
    if [ -z "$final_line" ] && ! alive "$attempt"; then start_steps; fi
  fi
  leave_guard
  follow
}

# What needs the line: preflight and the transfer. Not when the journal already says where this ends.
prepare() {
  # A line torn by a power cut must not swallow the next one.
  if [ -s "$journal/report" ] && [ -n "$(tail -c 1 "$journal/report")" ]; then note ''; fi
  if [ -n "$failed_step" ] || is_hook "$open_step" || activate_begun || [ -e "$journal/cancel" ]; then return 0; fi
  is_done preflight || preflight
  [ -z "$failed_step" ] || return 0
  if [ -d "$releases/$release" ] || [ -e "$journal/artifact" ]; then
    is_done fetch || { begin fetch && outcome=skipped && finish; }
  else
    fetch
  fi
}

preflight() {
  begin preflight
  rm -f "$journal"/incoming.*
  set -- $(df -Pk "$root" 2>/dev/null | tail -n 1)
  case ${4-} in
    *[!0-9]* | '') ;;
    *) [ "$(($4 * 1024))" -ge "$size" ] || fail no_space "$(($4 * 1024)) bytes free, the package alone has $size" ;;
  esac
  finish
}

# The guard is open during the transfer: whoever takes over meanwhile has a higher fence, and this one is refused afterwards.
fetch() {
  begin fetch
  leave_guard
  forward report "$report_sent" "$(($(wc -c <"$journal/report")))"
  report_sent=$from
  printf 'need %s\n' "$size"
  incoming=$journal/incoming.$$
  head -c "$size" >"$incoming" 2>"$journal/tool.err"
  head_code=$?
  got=$(($(wc -c <"$incoming")))
  if [ "$head_code" = 0 ] && [ "$got" -lt "$size" ]; then # the line died: the next connection starts this step again
    rm -f "$incoming"
    exit 0
  fi
  claim
  judge
  if [ -n "$final_line" ] || alive "$attempt"; then
    rm -f "$incoming"
    return 0
  fi
  step=fetch outcome=ok code=null exit_code=null detail='' step_at=$open_at
  if [ "$head_code" = 0 ]; then mv -f "$incoming" "$journal/artifact"; else fail no_space "$(first_line "$journal/tool.err")"; fi
  rm -f "$incoming"
  finish
}

# fd 8 is the sign of life: locked here, under the guard, and inherited. The plan goes through a pipe: it may hold secrets.
start_steps() {
  exec 8>>"$journal/alive"
  flock 8
  rm -f "$journal/pid"
  printf '%s\n' "$runner" >"$journal/runner.new" && mv -f "$journal/runner.new" "$journal/runner.sh"
  # The clock goes along: where date knows no milliseconds, two starts of it differ by up to a second.
  printf 'clock_base=%s\n%s\n' "$clock_base" "$plan" | setsid sh "$journal/runner.sh" steps >/dev/null 2>>"$journal/runner.err" 9>&- &
  exec 8>&-
}

# forward FILE FROM TO: frames of at most 256 KiB; sets from to where it stopped.
forward() {
  from=$2
  while [ "$from" -lt "$3" ]; do
    part=$(($3 - from))
    [ "$part" -le 262144 ] || part=262144
    printf '%s %s %s\n' "$1" "$from" "$part" || exit 0
    tail -c "+$((from + 1))" "$journal/$1" | head -c "$part" || exit 0
    from=$((from + part))
  done
}

# at_work: the steps live. A process of theirs is enough on most looks; the lock is the truth, for process ids come again.
at_work() {
  [ -n "$pid" ] || { [ -r "$journal/pid" ] && read -r pid <"$journal/pid"; } || pid=''
  [ -n "$pid" ] && [ -d "/proc/$pid" ] && [ "$((looks % 16))" != 0 ] && return 0
  alive "$attempt"
}

# Sends what is new until the attempt has ended. The signs (ended, at work, owner) are read before the sizes: what was written
# before a sign is sent before it is acted on. The log goes first: a report never tells of output that has not arrived.
follow() {
  pid='' looks=0 quiet=0 cut=''
  while :; do
    sign=''
    if [ -e "$journal/ended" ]; then sign=ended; elif ! at_work; then sign=gone; fi
    [ "$sign" != gone ] || [ ! -e "$journal/ended" ] || sign=ended
    read_owner
    [ "$owner_fence" -le "$fence" ] || refuse fence_stale
    set -- $(cd "$journal" && wc -c report log)
    send_news "$1" "$3"
    case $sign in
      ended) judge && printf 'end %s\n' "$final_line" && exit 0 ;;
      gone) quote "$(tail -c 300 "$journal/runner.err" 2>/dev/null)" && printf 'gone {"detail":%s}\n' "$quoted" && exit 0 ;;
    esac
    looks=$((looks + 1))
    if [ "$quiet" -lt 4 ]; then pause=0.05; else pause=0.2; fi
    [ "$((looks % 10))" != 0 ] || printf 'beat\n' || exit 0
    sleep "$pause" 2>/dev/null || sleep 1
  done
}

# send_news REPORT_SIZE LOG_SIZE
send_news() {
  quiet=$((quiet + 1))
  log_end=$2
  [ "$log_end" -le "$log_cap" ] || log_end=$log_cap
  if [ "$log_sent" -lt "$log_end" ]; then
    forward log "$log_sent" "$log_end"
    log_sent=$from quiet=0
  fi
  if [ "$2" -gt "$log_cap" ] && [ -z "$cut" ]; then
    printf 'cut %s %s\n' "$log_cap" "$2"
    cut=yes
  fi
  if [ "$report_sent" -lt "$1" ]; then
    forward report "$report_sent" "$1"
    report_sent=$from quiet=0
  fi
}

cancel() {
  check_root
  exec 9>>"$home/guard"
  flock 9
  check_fence
  : >>"$journal/cancel"
  printf 'done {}\n'
}

# --- detached life: the steps -----------------------------------------------------------------------------------------

# run STEP FUNCTION: one step that may be repeated; what the journal knows as done is not done again.
run() {
  is_done "$1" && return 0
  cancel_point
  begin "$1"
  "$2"
  finish
  [ "$outcome" != failed ]
}

cancel_point() {
  [ -e "$journal/cancel" ] || return 0
  activate_begun || conclude cancelled cancelled "$open_step" ''
}

bounded() { timeout -k 5 "$step_seconds" "$@"; }

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

# Before a byte is written: how much it would become, and each name in it. A line that does not look like the listing of a
# file, folder or link is refused, so an entry cannot hide behind a strange date or owner.
entry='^[-dl][-rwxsStT]{9}[.+@]? +[^ /]+/[^ /]+ +[0-9]+ [0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{5,8} '
check_listing() {
  got=$(($(bounded gzip -dc <"$journal/artifact" 2>/dev/null | head -c "$((unpack_bytes + 1))" | wc -c)))
  [ "$got" -le "$unpack_bytes" ] || { fail too_large "more than $unpack_bytes bytes unpacked" && return 1; }
  {
    bounded env LC_ALL=C tar --numeric-owner -tvzf "$journal/artifact" 2>"$journal/tool.err"
    echo "$?" >"$journal/tar.exit"
  } | head -n "$((unpack_entries + 1))" >"$journal/listing"
  [ "$(($(wc -l <"$journal/listing")))" -le "$unpack_entries" ] || { fail too_many_entries "more than $unpack_entries entries" && return 1; }
  read -r tar_exit <"$journal/tar.exit"
  [ "$tar_exit" = 0 ] || { fail not_an_archive "$(first_line "$journal/tool.err")" && return 1; }
  bad=$(LC_ALL=C grep -aEv "$entry" "$journal/listing" | head -n 1)
  case $bad in
    '') ;;
    h*) fail hard_link "$bad" && return 1 ;;
    [bcps]*) fail special_file "$bad" && return 1 ;;
    *) fail not_an_archive "$bad" && return 1 ;;
  esac
  bad=$(LC_ALL=C grep -aE '^-.* -> ' "$journal/listing" | head -n 1)
  [ -z "$bad" ] || { fail hard_link "$bad" && return 1; } # busybox writes a hard link so
  bad=$(LC_ALL=C grep -aE "$entry(/|\.\.(/|\$)|.*/\.\.(/|\$))" "$journal/listing" | LC_ALL=C grep -av '^l' | head -n 1)
  [ -z "$bad" ] || { fail unsafe_path "$bad" && return 1; }
  bad=$(LC_ALL=C grep -a '^l' "$journal/listing" | find_bad_link)
  [ -z "$bad" ] || { fail "${bad%% *}" "${bad#* }" && return 1; }
}

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

extract() {
  (cd "$fresh" && bounded tar -xozf "$journal/artifact") 2>"$journal/tool.err" && return 0
  problem=$(first_line "$journal/tool.err")
  case $(cat "$journal/tool.err") in
    *'No space left'*) fail no_space "$problem" ;;
    *) fail unpack_failed "$problem" ;;
  esac
  return 1
}

# The result is looked at as well: links that only together lead out, sparse files, whatever a listing did not show.
check_tree() {
  chmod -R u+rwX,u-s,g-s "$fresh"
  bad=$(find "$fresh" ! -type f ! -type d ! -type l | head -n 1)
  [ -z "$bad" ] || { fail special_file "${bad#"$fresh/"}" && return 1; }
  bad=$(find "$fresh" -type f -links +1 | head -n 1)
  [ -z "$bad" ] || { fail hard_link "${bad#"$fresh/"}" && return 1; }
  bad=$(find "$fresh" -type f -size "+${unpack_bytes}c" | head -n 1)
  [ -z "$bad" ] || { fail too_large "${bad#"$fresh/"}" && return 1; }
  # Links without .. only lead downwards; one readlink each is paid only where a package has the other kind.
  LC_ALL=C grep -aqE '^l.* -> (.*/)?\.\.(/|$)' "$journal/listing" || return 0
  top=$(readlink -f "$fresh")
  bad=$(find "$fresh" -type l | while IFS= read -r link; do
    case $(readlink -f "$link") in "$top"/* | "$top") ;; *) echo "$link" && break ;; esac
  done)
  [ -z "$bad" ] || { fail unsafe_link "${bad#"$fresh/"}" && return 1; }
}

# Names the release and makes it read-only. The contents reach the disk before the name does.
seal() {
  rm -rf "$fresh/.signalbox"
  if printf '%s\n%s\n%s\n' "$product" "$version" "$digest" >"$fresh/.signalbox" && chmod -R a-w "$fresh"; then
    sync -f "$fresh" 2>/dev/null || sync
    return 0
  fi
  fail unpack_failed 'the unpacked folder could not be sealed'
  return 1
}

# switch FOLDER: makes it current by one rename.
switch() {
  rm -f "$home/complete" "$home/.current"
  ln -s "releases/$1" "$home/.current" && mv -T "$home/.current" "$home/current" && touch "$releases/$1"
}

activate() {
  problem=$(switch "$release" 2>&1) || fail activate_failed "$problem"
  flush
}

# run_hook STEP HOOK FOLDER SECONDS. The exit code is written by the subshell that waits for the hook: it outlives a killed
# runner and keeps `alive` locked, so a hook at work is never taken for a lost one. Daemons of the hook do not hold the lock.
run_hook() {
  is_done "$1" && return 0
  cancel_point
  begin "$1"
  hook=$releases/$3/hooks/$2
  if [ ! -e "$hook" ] && [ ! -L "$hook" ]; then
    outcome=skipped
  elif [ ! -f "$hook" ] || [ ! -x "$hook" ]; then
    fail hook_not_executable "hooks/$2"
  else
    flush
    (
      (hook_environment "$3" && cd "$releases/$3" && exec "$timeout" -k 5 "$4" "./hooks/$2") </dev/null >>"$journal/log" 2>&1 8>&-
      printf '%s\n' "$?" >"$journal/$1.new" && mv -f "$journal/$1.new" "$journal/$1.exit"
    )
    judge_hook "$4"
  fi
  finish
  flush
  [ "$outcome" != failed ]
}

# judge_hook SECONDS: the outcome of the step from the hook's exit code. busybox's timeout says 143 where GNU's says 124.
judge_hook() {
  log_size
  tell_time
  read -r exit_code <"$journal/$step.exit"
  case $exit_code in
    0) return 0 ;;
    124 | 137 | 143) [ "$((now - step_at))" -lt "$(($1 * 1000 - 100))" ] || { fail hook_timeout "stopped after $1 s" && return 0; } ;;
  esac
  fail hook_failed "exit code $exit_code"
}

hook_environment() {
  pairs=$environment
  while [ -n "$pairs" ]; do
    pair=${pairs%%"$newline"*} pairs=${pairs#*"$newline"}
    value=$(printf '%bx' "${pair#*=}") # the x keeps newlines at the end
    export "${pair%%=*}=${value%x}"
  done
  if [ "$1" = "$release" ]; then other=$previous; else other=$release; fi
  read_release "$other"
  SIGNALBOX_PREVIOUS=$that_version
  read_release "$1"
  SIGNALBOX_VERSION=$that_version SIGNALBOX_PRODUCT=$product SIGNALBOX_ROOT=$root SIGNALBOX_ATTEMPT=$attempt SIGNALBOX_KIND=$kind
  export SIGNALBOX_PREVIOUS SIGNALBOX_VERSION SIGNALBOX_PRODUCT SIGNALBOX_ROOT SIGNALBOX_ATTEMPT SIGNALBOX_KIND
}

# A hook that was begun by a runner that died: its exit code is there, or nobody knows.
settle_open_hook() {
  step=$open_step step_at=$open_at outcome=ok code=null exit_code=null detail=''
  if [ -e "$journal/$step.exit" ]; then
    case $step in
      pre-install) judge_hook "$pre_install_seconds" ;;
      health) judge_hook "$health_seconds" ;;
      *) judge_hook "$post_install_seconds" ;;
    esac
    finish
  else
    outcome=lost
    finish
    conclude lost lost "$step" 'the hook was begun and its end is not known'
  fi
}

# What was current when the attempt began, written once: a take-over must not take the new release for the old one.
remember_previous() {
  if [ ! -e "$journal/previous" ]; then
    read_current
    read_complete
    printf '%s\n%s\n' "$current" "$complete" >"$journal/previous.new" && mv -f "$journal/previous.new" "$journal/previous"
  fi
  { read -r previous && read -r previous_complete; } <"$journal/previous"
}

restore() {
  if [ -z "$previous" ]; then
    problem=$(rm -f "$home/complete" "$home/current" 2>&1) || fail restore_failed "$problem"
  elif [ ! -d "$releases/$previous" ]; then
    fail restore_failed "releases/$previous is not on the host any more"
  else
    problem=$(switch "$previous" 2>&1) || fail restore_failed "$problem"
  fi
  [ "$outcome" = ok ] || return 0
  current_json
  tell_time
  note "{\"event\":\"restored\",\"at\":$now,\"current\":$that_json}"
}

# After a failure: back to what was current, where the plan asks for it and there is something to go back from.
conclude_failure() {
  restored=none restore_detail=''
  if switched && [ "$previous" != "$release" ]; then
    restored=left
    [ "$on_failure" = leave ] || run_restore
  fi
  conclude failed "$failed_code" "$failed_step" "${failed_detail-}${restore_detail:+; restore: $restore_detail}"
}

# switched: the failure came after the new release was made current, or a run before has already begun to go back.
switched() {
  read_current
  case $failed_step in
    post-install | health) return 0 ;;
    activate) [ "$current" = "$release" ] || [ "$open_step" = restore ] || is_done restore ;;
    *) return 1 ;;
  esac
}

run_restore() {
  run restore restore
  if [ -n "$previous" ] && [ -z "$restore_failed" ]; then run_hook restore-hook post-install "$previous" "$post_install_seconds"; fi
  restored=restored
  [ -n "$previous" ] || restored=removed
  if [ -n "$restore_failed" ]; then
    restored=failed
  elif [ -n "$previous" ] && [ "$previous_complete" = "$previous" ]; then
    mark_complete "$previous"
  fi
}

mark_complete() { printf '%s\n' "$1" >"$home/.complete" && mv -f "$home/.complete" "$home/complete"; }

report() {
  mark_complete "$release"
  prune
}

# Renamed before it is removed: half a release never has a release's name. Order: latest activation first.
prune() {
  kept=1
  LC_ALL=C ls -1t "$releases" | while IFS= read -r folder; do
    [ "$folder" != "$release" ] || continue
    kept=$((kept + 1))
    [ "$kept" -gt "$keep" ] || continue
    case " $keep_releases " in *" $folder "*) continue ;; esac
    mv -T "$releases/$folder" "$releases/.trash-$folder"
  done
  for folder in "$releases"/.trash-* "$releases"/.unpack-*; do remove_tree "$folder"; done
  LC_ALL=C ls -1t "$home/journal" | tail -n +21 | while IFS= read -r folder; do
    [ ! -e "$home/journal/$folder/ended" ] || rm -rf "$home/journal/$folder"
  done
}

# conclude OUTCOME CODE STEP DETAIL: the last line of the journal, and the end of the detached life.
conclude() {
  log_size
  tell_time
  final="{\"event\":\"final\",\"at\":$now,\"outcome\":\"$1\",\"code\":\"$2\",\"step\":"
  if [ -n "$3" ]; then final="$final\"$3\""; else final="${final}null"; fi
  quote "$4"
  final="$final,\"detail\":$quoted,\"restore\":\"${restored:-none}\""
  current_json
  note "$final,\"current\":$that_json,\"logBytes\":$log_bytes,\"bootThen\":\"$boot_then\",\"bootNow\":\"$boot\"}"
  flush
  rm -f "$journal/artifact" "$journal"/incoming.*
  : >"$journal/ended"
  exit 0
}

steps() {
  read_plan
  exec </dev/null
  paths
  timeout=$(command -v timeout)
  printf '%s\n' "$$" >"$journal/pid"
  log_size
  judge
  if [ -n "$final_line" ]; then # the run before ended between its last line and its mark
    : >"$journal/ended"
    exit 0
  fi
  remember_previous
  tell_time
  if is_hook "$open_step"; then settle_open_hook; fi
  note "{\"event\":\"began\",\"at\":$now,\"boot\":\"$boot\",\"fence\":$fence,\"runner\":\"$runner_version\"}"
  [ -z "$failed_step" ] || conclude_failure
  read_current
  read_complete
  if [ "$current" = "$release" ] && [ "$complete" = "$release" ] && ! activate_begun; then
    conclude skipped already_current '' ''
  fi
  if run verify verify && run unpack unpack &&
    run_hook pre-install pre-install "$release" "$pre_install_seconds" &&
    run activate activate &&
    run_hook post-install post-install "$release" "$post_install_seconds" &&
    run_hook health health "$release" "$health_seconds" &&
    run report report; then
    conclude succeeded 'done' '' ''
  fi
  conclude_failure
}

# --- start ------------------------------------------------------------------------------------------------------------

start_clock
if [ "${1-}" = steps ]; then steps; fi
runner=$SIGNALBOX_RUNNER
unset SIGNALBOX_RUNNER
printf '\nsignalbox-runner %s\n' "$nonce" # the server skips what a login shell has said before this line
read_plan
paths
case $action in
  hello) attach ;;
  inspect) inspect ;;
  cancel) cancel ;;
esac
