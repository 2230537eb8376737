# Who owns the product on this host: the fence, the guard around it, and the sign of life of an attempt.

read_owner() {
  owner_fence=0 owner_attempt='' owner_boot=''
  if [ -r "$home/lock" ]; then read -r owner_fence owner_attempt owner_boot <"$home/lock" || :; fi
  case $owner_fence in *[!0-9]* | '') owner_fence=0 owner_attempt='' owner_boot='' ;; esac
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
    printf '%s %s %s\n' "$fence" "$attempt" "$boot" >"$home/lock.new" || no_journal
    problem=$(mv -fT "$home/lock.new" "$home/lock" 2>&1) || refuse missing_tools "mv -T: $problem"
  fi
}

leave_guard() { exec 9>&-; }
