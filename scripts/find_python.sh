#!/bin/sh
# Print the path of a Python of version $1 (3.11, say) that really runs and can make venvs.
# A name on PATH proves nothing: pyenv puts shims there that may only complain.
version=$1

path_of() {
    "$1" -c "
import sys, ensurepip, venv
print(sys.executable)
sys.exit('%d.%d' % sys.version_info[:2] != '$version')" 2>/dev/null </dev/null
}

candidates() {
    # A distribution's is optimized when it is built; pyenv's is not, and is a tenth slower.
    echo "/usr/bin/python$version"
    (IFS=:; for folder in $PATH; do echo "$folder/python$version"; echo "$folder/python3"; done)
    for root in "${PYENV_ROOT:-}" "${HOME:-}/.pyenv"; do
        for folder in "$root/versions/$version".*/bin; do echo "$folder/python$version"; done
    done
}

candidates | {
    while IFS= read -r candidate; do
        if [ -x "$candidate" ] && found=$(path_of "$candidate"); then
            echo "$found"
            exit 0
        fi
    done
    echo "Python $version with its modules venv and ensurepip not found" \
        "(looked for python$version on PATH and among pyenv's versions)" >&2
    exit 1
}
