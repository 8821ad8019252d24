#!/usr/bin/env bash
# The whole lifecycle on Fashion-MNIST, then a table pipeline, as `make quickstart` shows it. Every mlctl command is printed before it
# runs. Everything is left in ./quickstart, so that each command can be tried again. With a store's URL as the third argument every
# path is below it, the sources too.
set -euo pipefail
binary=$(realpath "$1")
root=$(realpath "$(dirname "$0")/..")
work=${2:-$root/quickstart}
store=${3:-}
store=${store%/}
at=${store:+$store/}  # what every path begins with
fashion=/usr/share/datasets/fashion-mnist
sklearn=/usr/lib/python3/dist-packages/sklearn/datasets/data

bold= dim= reset=
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then bold=$'\e[1m' dim=$'\e[2m' reset=$'\e[0m'; fi
started=$SECONDS
mkdir -p "$work/.mlctl"
cd "$work"
PATH=$(dirname "$binary"):$PATH

say() { printf '\n%s%s%s\n' "$bold" "$*" "$reset"; }
run() { printf '%s$ %s%s\n' "$dim" "$*" "$reset"; "$@"; }
mlctl() { "$binary" "$@"; }

stop_endpoint() { "$binary" delete endpoint fashion --yes >/dev/null 2>&1 || true; }
trap stop_endpoint EXIT
stop_endpoint
rm -rf requests

say "1. Ingest: 70,000 pictures of clothes, the files as the distribution ships them"
source=$fashion
if [ -n "$store" ]; then
  run mlctl upload "$fashion" "$store/fashion-mnist/"
  source=$store/fashion-mnist
fi
run mlctl ingest "$source" --kind image --to "${at}data/fashion"
say "2. Clean: corrupt files, duplicates, pictures that are in train and in test"
run mlctl clean "${at}data/fashion" --to "${at}data/fashion-clean" --dedupe exact --report "${at}clean.html"
say "3. Store"
if [ -n "$store" ]; then
  run mlctl download "$store/data/fashion-clean" fashion-clean
  copy=fashion-clean
else
  run mlctl upload data/fashion-clean "file://$work/store/fashion"
  copy=data/fashion-clean
fi
say "4. Train"
run mlctl train "${at}data/fashion-clean" --to "${at}models/fashion" --epochs "${EPOCHS:-5}"
say "5. Judge: on the test split, with a gate"
run mlctl eval "${at}models/fashion" --data "${at}data/fashion-clean" --gate 'accuracy>=0.90' --report "${at}eval.html"
say "6. Deploy: a supervised endpoint on this machine"
run mlctl deploy "${at}models/fashion" --name fashion --wait
say "7. Use it, over HTTP"
mkdir -p requests
tar -C requests -xf "$(ls "$copy"/test-*.tar | head -1)" --wildcards '*.png' 2>/dev/null || true
pictures=(requests/*.png)
run mlctl predict fashion "${pictures[@]:0:3}"
url=$("$binary" get endpoint fashion -o 'jsonpath={.url}')
printf '%s$ curl --data-binary @%s %s/predict%s\n' "$dim" "${pictures[0]}" "$url" "$reset"
"$binary" predict "$url" "${pictures[0]}" -o json
say "8. Watch it"
run mlctl monitor fashion --once
say "9. Take it down"
run mlctl delete endpoint fashion --yes

say "10. A table, as a pipeline: every stage from one manifest"
{ echo alcohol,malic_acid,ash,alcalinity,magnesium,phenols,flavanoids,nonflavanoids,proanthocyanins,color,hue,od280,proline,target
  tail -n +2 "$sklearn/wine_data.csv"; } >wine.csv
cp "$root/manifests/examples/pipeline.yaml" pipeline.yaml
if [ -n "$store" ]; then
  run mlctl upload wine.csv "$store/wine.csv" --overwrite
  sed -i -E "s#(wine\\.csv|data/wine|models/wine|wine\\.html)#$store/&#g" pipeline.yaml
fi
run mlctl run -f pipeline.yaml
echo "   and once more: nothing is stale"
run mlctl run -f pipeline.yaml

if [ -n "$store" ]; then
  say "11. Take the reports home"
  for report in clean.html eval.html; do run mlctl download "$store/$report" "$report" --overwrite; done
fi

accuracy() { "$binary" get model "$1" -o 'jsonpath={.evaluation.metrics.accuracy}'; }
say "Done in $((SECONDS - started)) s"
cat <<END
  images   70,000 ingested, model ${at}models/fashion, test accuracy $(accuracy "${at}models/fashion")
  table    178 wines, model ${at}models/wine, test accuracy $(accuracy "${at}models/wine")
  reports  $work/clean.html
           $work/eval.html
  next     mlctl help; your own photos: mlctl ingest PHOTOS --to data/photos, then train, eval, deploy as above
END
