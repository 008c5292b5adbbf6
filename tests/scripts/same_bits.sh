#!/usr/bin/env bash
# Compares the embeddings of an older program with those of this one, bit for bit: every method with every encoder, three
# epochs on Cora, one seed.
#
#     tests/scripts/same_bits.sh OLD_PROGRAM [NEW_PROGRAM]
#
# NEW_PROGRAM is target/release/g2r unless it is named. Both must run on the same machine: matrix products differ in their last
# bits between processors. Every setting is a flag that both programs have. Exit code 1 when any embedding differs.
set -euo pipefail

old="${1:?usage: same_bits.sh OLD_PROGRAM [NEW_PROGRAM]}"
new="${2:-target/release/g2r}"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
same=0 differ=0

# A method with an encoder or "-", and the settings that make it short.
compare() {
    local method="$1" encoder="$2" name="$1 $2" program
    shift 2
    local flags=(--method "$method" --seeds 1 --quiet "$@")
    [[ "$encoder" == - ]] || flags+=(--encoder "$encoder")
    for program in old new; do
        if ! "${!program}" train cora "${flags[@]}" --out "$work/$program" >"$work/log" 2>&1; then
            printf '%-28s %s failed: %s\n' "$name" "$program" "$(tail -n 1 "$work/log")"
            differ=$((differ + 1))
            return
        fi
    done
    if cmp --quiet "$work/old/embedding.npy" "$work/new/embedding.npy"; then
        printf '%-28s same\n' "$name"
        same=$((same + 1))
    else
        printf '%-28s DIFFERS\n' "$name"
        differ=$((differ + 1))
    fi
}

for method in raw propagated ppr spectral; do
    compare "$method" -
done
for method in deepwalk node2vec; do
    compare "$method" - --set walks_per_node=3
done
for encoder in gcn gat gatv2 sage sage-pool gin sgc; do
    compare random-init "$encoder"
    for method in dgi grace cca-ssg g2r supervised; do
        compare "$method" "$encoder" --epochs 3
    done
    compare bgrl "$encoder" --epochs 3 --set warmup_epochs=1
done
echo "$same same, $differ differ"
[[ "$differ" == 0 ]]
