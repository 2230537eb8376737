# Asks the current release how it is: its health hook once more, outside of any attempt, with its output thrown away.

# Answers exit null where there is nothing to ask: no release, no hook, nothing to stop it with, or steps are at work.
check_health() {
  read_owner
  read_current
  exit_code=null release=$current previous='' attempt='' kind=check environment=''
  hook=$releases/$current/hooks/health
  if [ -n "$current" ] && [ -f "$hook" ] && [ -x "$hook" ] && command -v timeout >/dev/null &&
    ! { [ -n "$owner_attempt" ] && alive "$owner_attempt"; }; then
    (hook_environment "$current" && cd "$releases/$current" && exec timeout -k 5 "$health_seconds" ./hooks/health) \
      </dev/null >/dev/null 2>&1
    exit_code=$?
  fi
  read_release "$current"
  printf 'health {"current":%s,"exit":%s}\n' "$that_json" "$exit_code"
}
