#!/usr/bin/env bash
# Test on several processes of this machine:  tools/dist_test.sh CONFIG CHECKPOINT PROCESSES [options of tools/test.py]
# NNODES, NODE_RANK, MASTER_ADDR and PORT serve several machines.
set -euo pipefail
config=${1:?usage: tools/dist_test.sh CONFIG CHECKPOINT PROCESSES [options]}
checkpoint=${2:?usage: tools/dist_test.sh CONFIG CHECKPOINT PROCESSES [options]}
processes=${3:?usage: tools/dist_test.sh CONFIG CHECKPOINT PROCESSES [options]}
python -m torch.distributed.run --nnodes="${NNODES:-1}" --node_rank="${NODE_RANK:-0}" \
  --master_addr="${MASTER_ADDR:-127.0.0.1}" --master_port="${PORT:-29500}" --nproc_per_node="$processes" \
  "$(dirname "$0")/test.py" "$config" "$checkpoint" --launcher pytorch "${@:4}"
