#!/usr/bin/env bash
# Every call of the Verihubs face API, with plain curl. Needs three photographs, JPEG or PNG, of at most 5 MiB:
#   BASE=http://127.0.0.1:8470/verihubs APP_ID=... API_KEY=... \
#     docs/protocols/verihubs.sh ada.jpg ada-elsewhere.jpg bea.jpg
# Prints one line an answer: the step, the JSON, the HTTP status.
set -euo pipefail

BASE=${BASE:-http://127.0.0.1:8470/verihubs}
ADA=$1 ADA_ELSEWHERE=$2 BEA=$3

photo() { base64 < "$1" | tr -d '\n'; }

# call STEP METHOD PATH: sends the JSON of stdin.
call() {
  printf '%s ' "$1"
  curl -sS -X "$2" "$BASE/v1/face$3" --data-binary @- \
    -H "App-ID: $APP_ID" -H "API-Key: $API_KEY" -H 'Content-Type: application/json' -w ' %{http_code}\n'
}

# Enrol: the photograph is stored under the subject id.
printf '{"image":"%s","subject_id":"ada","validate_nface":true}' "$(photo "$ADA")" | call enroll POST /enroll
printf '{"image":"%s","subject_id":"bea"}' "$(photo "$BEA")" | call enroll-other POST /enroll

# Update: the same call with an id that is there replaces the photograph.
printf '{"image":"%s","subject_id":"ada","is_quality":true,"validate_quality":false}' "$(photo "$ADA")" | call update POST /enroll

# Search (1:N): who is it?
printf '{"image":"%s","limit":3,"threshold":82}' "$(photo "$ADA_ELSEWHERE")" | call search POST /search

# Verify (1:1): is it she? The second answers FAIL_ON_16.
printf '{"image":"%s","subject_id":"ada"}' "$(photo "$ADA_ELSEWHERE")" | call verify POST /verify
printf '{"image":"%s","subject_id":"bea"}' "$(photo "$ADA_ELSEWHERE")" | call verify-other POST /verify

# Compare: are two photographs of one person? Nothing is stored.
printf '{"image_1":"%s","image_2":"%s"}' "$(photo "$ADA")" "$(photo "$ADA_ELSEWHERE")" | call compare POST /compare

# Liveness: was a live person before the camera? Nothing is stored.
printf '{"image":"%s"}' "$(photo "$ADA")" | call liveness POST /liveness

# Delete, by the body or by the query; the second answers that there is no such subject.
printf '{"subject_id":"ada"}' | call delete DELETE /enroll
printf '{}' | call delete-again DELETE '/enroll?subject_id=ada'
