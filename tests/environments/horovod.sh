#!/usr/bin/env bash
# Makes the environment in which idist's Horovod backend is tested: horovod.sh FOLDER
#
# Horovod 0.28.1, the last release, asks its compiler for C++14; the headers of a present torch need C++17.
# A compiler in front of the compiler raises the standard; nothing of Horovod's source is changed.
# pip keeps the wheel it built, so only the first run on a machine compiles (some minutes).
set -euo pipefail
environment="${1:?usage: horovod.sh FOLDER}"

"${PYTHON:-python3}" -m venv "$environment"
environment="$(cd "$environment" && pwd)"
pip=("$environment/bin/python" -m pip install --quiet)

"${pip[@]}" --upgrade pip
"${pip[@]}" "${TORCH:-torch==2.13.0}" numpy wheel "setuptools<80" "cmake==3.31.*" packaging cloudpickle psutil pyyaml pybind11

cat > "$environment/bin/c++17" <<'WRAPPER'
#!/usr/bin/env bash
exec "${REAL_CXX:-g++}" "${@/#-std=c++1[14]/-std=c++17}"
WRAPPER
chmod +x "$environment/bin/c++17"

export PATH="$environment/bin:$PATH" CXX="$environment/bin/c++17"
export CMAKE_POLICY_VERSION_MINIMUM=3.5
export HOROVOD_WITHOUT_MPI=1 HOROVOD_WITH_GLOO=1
export HOROVOD_WITH_PYTORCH=1 HOROVOD_WITHOUT_TENSORFLOW=1 HOROVOD_WITHOUT_MXNET=1
"${pip[@]}" --no-build-isolation horovod==0.28.1

# What a generated project imports: it is trained there under horovodrun.
"${pip[@]}" "scikit-learn>=1.6" "matplotlib>=3.9" "tensorboard>=2.18" "tqdm>=4.66" "tyro>=0.9" "pyyaml>=6" "msgspec>=0.19" "tokenizers>=0.20"

"$environment/bin/python" -c "import horovod.torch as hvd; hvd.init(); assert hvd.size() == 1"
