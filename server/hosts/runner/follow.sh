# Sends the journal and the log to the server by byte offset until the attempt has ended.

# forward FILE FROM TO: frames of at most 256 KiB; sets from to where it stopped.
forward() {
  from=$2
  while [ "$from" -lt "$3" ]; do
    part=$(($3 - from))
    [ "$part" -le 262144 ] || part=262144
    printf '%s %s %s\n' "$1" "$from" "$part" || exit 0
    if [ "$from" = 0 ]; then head -c "$part" "$journal/$1"; else
      tail -c "+$((from + 1))" "$journal/$1" | head -c "$part"
    fi || exit 0
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
  read_uptime
  beat_at=$up
  [ -z "$started" ] || wait_for_end 0.1 # what has just begun has nothing to show
  while :; do
    look_at=$up sign=''
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
    read_uptime
    if [ "$((up - beat_at))" -ge 2000 ]; then
      printf 'beat\n' || exit 0
      beat_at=$up
    fi
    pause_after "$((up - look_at))"
    wait_for_end "$pause"
    read_uptime
  done
}

# pause_after MS: how long the look took. A host that has no time for a look is not made slower by many of them.
pause_after() {
  if [ "$1" -ge 100 ]; then pause=0.4; elif [ "$1" -ge 50 ] || [ "$quiet" -ge 4 ]; then pause=0.2; else pause=0.1; fi
}

# wait_for_end SECONDS: at most so long, and only until the steps let go of their sign of life: their end waits for no look.
# Where there is no waiting (a timeout without fractions, no such file yet) it is a second.
wait_for_end() {
  timeout "$1" flock -s "$journal/alive" true 2>/dev/null
  case $? in
    0) looks=0 ;; # nobody is at work: the next look asks the lock, not the process id
    124 | 143) ;;
    *) sleep 1 ;;
  esac
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
