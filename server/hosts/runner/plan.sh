# The host runner of Signalbox: POSIX sh for dash, bash --posix and busybox. Nothing of it is installed on a host. It is one
# script in parts: plan, facts, owner, journal, attach, follow, unpack, hooks, health, steps, start; start-runner.ts joins them.
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
