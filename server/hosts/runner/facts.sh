# The clock, JSON strings, and what stands in the root folder.

# Sets up: milliseconds since boot, without a fork and deaf to clock changes.
read_uptime() {
  read -r up rest </proc/uptime
  up=${up%.*}${up#*.}0
  while :; do case $up in 0?*) up=${up#0} ;; *) break ;; esac; done
}

start_clock() {
  read -r boot </proc/sys/kernel/random/boot_id
  read_uptime
  [ "$life" = attached ] || return 0 # the plan brings the clock of the attached life along
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
