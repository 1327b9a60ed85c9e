#!/usr/bin/env bash
# Train on several processes of this machine:  tools/dist_train.sh CONFIG PROCESSES [options of tools/train.py]
# NNODES, NODE_RANK, MASTER_ADDR and PORT serve several machines.
set -euo pipefail
config=${1:?usage: tools/dist_train.sh CONFIG PROCESSES [options]}
processes=${2:?usage: tools/dist_train.sh CONFIG PROCESSES [options]}
python -m torch.distributed.run --nnodes="${NNODES:-1}" --node_rank="${NODE_RANK:-0}" \
  --master_addr="${MASTER_ADDR:-127.0.0.1}" --master_port="${PORT:-29500}" --nproc_per_node="$processes" \
  "$(dirname "$0")/train.py" "$config" --launcher pytorch "${@:3}"
