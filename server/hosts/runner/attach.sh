# The attached life: says hello, lets one owner in, prepares, takes the package, starts the steps; inspects and cancels.

find_missing_tools() {
  missing=''
  for tool in $tools; do command -v "$tool" >/dev/null 2>&1 || missing="$missing $tool"; done
  [ -n "$missing" ] && return 0
  user=$(timeout -k 1 5 id -un 2>/dev/null) && return 0
  user=$(id -un 2>/dev/null || id -u)
  timeout -k 1 5 sh -c : 2>/dev/null || missing="$missing timeout-k"
}

# Sets free: the bytes that are free in the root folder, or null.
read_free() {
  free=$(df -Pk "$root" 2>/dev/null)
  set -- ${free##*"$newline"}
  free=null
  case ${4-} in *[!0-9]* | '') ;; *) free=$(($4 * 1024)) ;; esac
}

# Sets facts: the open start of a JSON object. An answer leaves in one write, so it is one packet.
gather_facts() {
  missing_json=''
  for tool in $missing; do missing_json="$missing_json${missing_json:+,}\"$tool\""; done
  read_free
  quote "$(uname -n)" && host_json=$quoted
  quote "${user:=$(id -un 2>/dev/null || id -u)}" && user_json=$quoted
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
  started=''
  if [ -z "$final_line" ] && ! alive "$attempt"; then
    prepare
    if [ -z "$final_line" ] && ! alive "$attempt"; then start_steps && started=yes; fi
  fi
  # Steps that were killed between their last line and their mark have ended all the same; nobody else would set it.
  [ -z "$final_line" ] || alive "$attempt" || : >"$journal/ended"
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
  remove "$journal"/incoming.*
  # The hello has looked, but before the guard was taken, and perhaps before the folder was there.
  read_free
  [ "$free" = null ] || [ "$free" -ge "$size" ] || fail no_space "$free bytes free, the package alone has $size"
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
    remove "$incoming"
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
  remove "$incoming"
  finish
}

# fd 8 is the sign of life: locked here, under the guard, and inherited. The plan goes through a pipe: it may hold secrets.
start_steps() {
  exec 8>>"$journal/alive"
  flock 8
  remove "$journal/pid"
  # Nobody else reads it now: who would is alive, and this one holds the sign of life.
  printf '%s\n' "$runner" >"$journal/runner.sh" || no_journal
  # The clock goes along: where date knows no milliseconds, two starts of it differ by up to a second.
  printf 'clock_base=%s\n%s\n' "$clock_base" "$plan" | setsid sh "$journal/runner.sh" steps >/dev/null 2>>"$journal/runner.err" 9>&- &
  exec 8>&-
}

cancel() {
  check_root
  exec 9>>"$home/guard"
  flock 9
  check_fence
  : >>"$journal/cancel"
  printf 'done {}\n'
}
