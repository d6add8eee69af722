#!/usr/bin/env bash
# Four machines on one network, in four network namespaces of this machine: see README.md. Needs root, and iproute2.
set -euo pipefail
cd "$(dirname "$0")"
root=$(cd ../.. && pwd)
node=$root/node_modules/.bin/node
wirehub=$root/packages/cli/bin/wirehub.js
tag=wh$$
folder=$(mktemp -d)
pids=()

cleanup() {
  for pid in "${pids[@]}"; do kill "$pid" 2> /dev/null || true; done
  wait 2> /dev/null || true
  for name in hub ann bob meter net; do ip netns delete "$tag-$name" 2> /dev/null || true; done
  rm -rf "$folder"
}
trap cleanup EXIT

# A switch in a namespace of its own, so that nothing of this machine's network is touched.
ip netns add "$tag-net"
ip -n "$tag-net" link add bridge type bridge
ip -n "$tag-net" link set bridge up

# machine <name> <address>: a namespace with a cable to the switch.
machine() {
  ip netns add "$tag-$1"
  ip -n "$tag-net" link add "$1" type veth peer name eth0 netns "$tag-$1"
  ip -n "$tag-net" link set "$1" master bridge up
  ip -n "$tag-$1" address add "$2/24" dev eth0
  ip -n "$tag-$1" link set eth0 up
  ip -n "$tag-$1" link set lo up
}

# on <name> <command...>: runs it on that machine.
on() {
  local name=$1
  shift
  ip netns exec "$tag-$name" "$@"
}

# start <name> <log> <command...>: the same, in the background.
start() {
  local name=$1 log=$folder/$2
  shift 2
  ip netns exec "$tag-$name" "$@" > "$log" 2>&1 &
  pids+=($!)
}

# seen <log> <text>: waits until a program has said so.
seen() {
  for _ in $(seq 600); do
    grep -qF -- "$2" "$folder/$1" 2> /dev/null && return 0
    sleep 0.1
  done
  echo "$1 never said: $2"
  cat "$folder/$1"
  exit 1
}

# said <log> <count>: what a subscriber has printed, once there are so many messages.
said() {
  for _ in $(seq 600); do
    [ "$(grep -c '^{' "$folder/$1" || true)" -ge "$2" ] && break
    sleep 0.1
  done
  grep '^{' "$folder/$1"
}

machine hub 10.77.0.1
machine ann 10.77.0.2
machine bob 10.77.0.3
machine meter 10.77.0.4

start meter meter "$node" meter.js
seen meter listening
start hub hub "$node" "$wirehub" serve --config wirehub.yaml
seen hub 'Try,'
seen meter '10.77.0.1 connected'

server="--server nats://10.77.0.1:4222"
ann="$server --user ann --password anns-password"
bob="$server --user bob --password bobs-password"

echo '1. Bob listens, Ann speaks.'
start bob bob "$node" "$wirehub" sub 'chat.>' --count 1 --json $bob
seen bob listening
on ann "$node" "$wirehub" pub chat.morning 'Good morning' $ann 2> /dev/null
said bob 1

echo '2. Ann asks the hand-written server, through the hub.'
start ann ann "$node" "$wirehub" sub meter.said --count 1 --json $ann
seen ann listening
on ann "$node" "$wirehub" pub meter.ask kitchen $ann 2> /dev/null
said ann 1

echo '3. Bob may not ask it.'
on bob "$node" "$wirehub" pub meter.ask kitchen $bob 2> "$folder/denied" && exit 1
grep -o 'Permissions Violation for Publish to "[^"]*"' "$folder/denied" | head -n 1 || { cat "$folder/denied"; exit 1; }

echo '4. Nobody gets in without a password.'
on bob "$node" "$wirehub" pub chat.morning 'Let me in' $server 2> "$folder/refused" && exit 1
grep -o 'WIREHUB_ERR_NOT_AUTHENTICATED' "$folder/refused" || { cat "$folder/refused"; exit 1; }
