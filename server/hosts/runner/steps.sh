# The detached life: the steps in their order, the way back, the end.

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
  activate_begun || conclude cancelled cancelled '' '""'
}

bounded() { timeout -k 5 "$step_seconds" "$@"; }

# switch FOLDER: makes it current by one rename. The folder's time is that of its last activation; a new one has it already.
switch() {
  remove "$home/complete" "$home/.current"
  ln -s "releases/$1" "$home/.current" && mv -T "$home/.current" "$home/current" &&
    { [ "$1" = "$unpacked" ] || touch "$releases/$1"; }
}

activate() {
  flush
  problem=$(switch "$release" 2>&1) || fail activate_failed "$problem"
  flush
}

# What was current when the attempt began, written once: a take-over must not take the new release for the old one.
remember_previous() {
  if [ ! -e "$journal/previous" ]; then
    read_current
    read_complete
    printf '%s\n%s\n' "$current" "$complete" >"$journal/previous.new" || no_journal
    mv -f "$journal/previous.new" "$journal/previous"
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
  quote "${restore_detail:+; restore: $restore_detail}"
  conclude failed "$failed_code" "$failed_step" "${failed_json%\"}${quoted#\"}"
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
  set -- "$home/journal"/*
  [ "$#" -le 20 ] || LC_ALL=C ls -1t "$home/journal" | tail -n +21 | while IFS= read -r folder; do
    [ ! -e "$home/journal/$folder/ended" ] || rm -rf "$home/journal/$folder"
  done
}

# conclude OUTCOME CODE STEP DETAIL_JSON: the last line of the journal, and the end of the detached life.
conclude() {
  log_size
  tell_time
  final="{\"event\":\"final\",\"at\":$now,\"outcome\":\"$1\",\"code\":\"$2\",\"step\":"
  if [ -n "$3" ]; then final="$final\"$3\""; else final="${final}null"; fi
  final="$final,\"detail\":$4,\"restore\":\"${restored:-none}\""
  current_json
  note "$final,\"current\":$that_json,\"logBytes\":$log_bytes,\"bootThen\":\"$boot_then\",\"bootNow\":\"$boot\"}"
  flush
  remove "$journal/artifact" "$journal"/incoming.*
  : >"$journal/ended"
  exit 0
}

steps() {
  read_plan
  exec </dev/null
  paths
  unpacked=''
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
    conclude skipped already_current '' '""'
  fi
  if run verify verify && run unpack unpack &&
    run_hook pre-install pre-install "$release" "$pre_install_seconds" &&
    run activate activate &&
    run_hook post-install post-install "$release" "$post_install_seconds" &&
    run_hook health health "$release" "$health_seconds" &&
    run report report; then
    conclude succeeded 'done' '' '""'
  fi
  conclude_failure
}
