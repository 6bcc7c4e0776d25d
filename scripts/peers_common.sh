# What the scripts that install peers share; to be sourced.

# A mirror that is busy for a moment is not a reason to fail a build.
three_times() {
  for attempt in 1 2 3; do
    if "$@"; then return 0; fi
    echo "peers: attempt $attempt of 3 failed: $*" >&2
    sleep $((attempt * 5))
  done
  return 1
}

# Installs packages of Debian, or says who can: needs apt-get and root.
from_debian() {
  if ! command -v apt-get > /dev/null; then
    echo "peers: no apt-get on this system; install $* by hand" >&2
    return 1
  elif [ "$(id -u)" -ne 0 ]; then
    echo "peers: not root; run: sudo apt-get install $*" >&2
    return 1
  fi
  export DEBIAN_FRONTEND=noninteractive
  three_times apt_install "$@" || { echo "peers: could not install $*" >&2; return 1; }
  echo "peers: installed $*"
}

apt_install() {
  apt-get update -qq && apt-get install -y -qq --no-install-recommends "$@"
}
