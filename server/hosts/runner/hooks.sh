# Hooks: run once, with a timeout, their output in the log; judged by their exit code, also by a later runner.

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
      code=$?
      printf '%s\n' "$code" >"$journal/$1.exit"
      exit "$code"
    )
    exit_code=$?
    judge_hook "$4"
  fi
  finish
  [ "$outcome" != failed ]
}

# judge_hook SECONDS: the outcome of the step from the hook's exit code. busybox's timeout says 143 where GNU's says 124.
judge_hook() {
  log_size
  tell_time
  case $exit_code in
    0) return 0 ;;
    124 | 137 | 143) [ "$((now - step_at))" -lt "$(($1 * 1000 - 100))" ] || fail hook_timeout "stopped after $1 s" || return ;;
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

# read_exit STEP: false when the hook's exit code is not known; a file that a power cut has emptied says nothing.
read_exit() {
  [ -s "$journal/$1.exit" ] && read -r exit_code <"$journal/$1.exit" || return 1
  case $exit_code in *[!0-9]* | '') exit_code=null && return 1 ;; esac
}

# A hook that was begun by a runner that died: its exit code is there, or nobody knows.
settle_open_hook() {
  step=$open_step step_at=$open_at outcome=ok code=null exit_code=null detail=''
  if read_exit "$step"; then
    case $step in
      pre-install) judge_hook "$pre_install_seconds" ;;
      health) judge_hook "$health_seconds" ;;
      *) judge_hook "$post_install_seconds" ;;
    esac
    finish
  else
    outcome=lost
    finish
    conclude lost lost "$step" '"the hook was begun and its end is not known"'
  fi
}
