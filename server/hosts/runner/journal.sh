# The journal of an attempt: written before and after each step, read when somebody takes over.

# A line that cannot be written ends the steps: nothing may happen that the journal does not know.
note() { printf '%s\n' "$1" >>"$journal/report" || no_journal; }

no_journal() {
  [ "$life" = attached ] || exit 3
  refuse bad_root 'the journal cannot be written: is the disk full?'
}

# Before a hook, around the switch and at the end the journal has to survive a power cut, or a hook would run twice, or its
# end be unknown behind a switch.
flush() { sync "$journal/report" 2>/dev/null || sync; }

log_size() {
  log_bytes=0
  [ ! -s "$journal/log" ] || log_bytes=$(($(wc -c <"$journal/log")))
}

# remove FILE...: a program is started only when one of them is there.
remove() {
  for gone in "$@"; do
    if [ -e "$gone" ] || [ -L "$gone" ]; then rm -f "$@" && return; fi
  done
}

# Sets value to the field NAME of the JSON in line: strings without escapes, and numbers.
field() {
  value=${line#*\"$1\":}
  case $value in
    \"*) value=${value#\"} value=${value%%\"*} ;;
    *) value=${value%%[,\}]*} ;;
  esac
}

# Reads the journal: which steps are done, which one is open, what has failed, whether there is a final line. A line without
# its end was torn by a power cut and says nothing.
judge() {
  done_steps=' ' open_step='' open_at=0 failed_step='' failed_code='' failed_json='""' restore_failed='' boot_then=$boot final_line=''
  [ -e "$journal/report" ] || return 0
  while IFS= read -r line; do
    case $line in
      '{"event":"began",'*'}') field boot && boot_then=$value ;;
      '{"event":"started",'*'}')
        field at && open_at=$value
        field step && open_step=$value
        # A package that had to be sent again has to be verified again.
        [ "$value" != fetch ] || forget verify unpack
        ;;
      '{"event":"ended",'*'"}') judge_end ;;
      '{"event":"final",'*'"bootNow":'*'"}') final_line=$line ;;
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
      failed_json=${line##*\"detail\":} failed_json=${failed_json%\}}
      ;;
  esac
}

forget() {
  for gone in "$@"; do
    if is_done "$gone"; then done_steps="${done_steps%% "$gone" *} ${done_steps#* "$gone" }"; fi
  done
}

is_done() { case $done_steps in *" $1 "*) return 0 ;; *) return 1 ;; esac; }

activate_begun() { is_done activate || [ "$open_step" = activate ] || [ "$failed_step" = activate ]; }
is_hook() { case $1 in pre-install | post-install | health | restore-hook) return 0 ;; *) return 1 ;; esac; }

begin() {
  tell_time
  step=$1 step_at=$now outcome=ok code=null exit_code=null detail=''
  note "{\"event\":\"started\",\"step\":\"$1\",\"at\":$now,\"logOffset\":$log_bytes}"
}

# fail CODE [DETAIL]: the step at work has failed; of a longer detail the first line is kept. Always false.
fail() {
  outcome=failed code=\"$1\" detail=${2-}
  detail=${detail%%"$newline"*}
  return 1
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
      failed_step=$step failed_json=$quoted
      failed_code=${code#\"} failed_code=${failed_code%\"}
      ;;
  esac
}

# first_line FILE: the first words of what a tool said on stderr.
first_line() { head -c 300 "$1" 2>/dev/null | grep . | head -n 1; }
