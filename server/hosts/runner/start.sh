# The last part: which life is this?

life=${1-attached}
start_clock
if [ "$life" = steps ]; then steps; fi
runner=$SIGNALBOX_RUNNER
unset SIGNALBOX_RUNNER
printf '\nsignalbox-runner %s\n' "$nonce" # the server skips what a login shell has said before this line
read_plan
paths
case $action in
  hello) attach ;;
  inspect) inspect ;;
  health) check_health ;;
  cancel) cancel ;;
esac
