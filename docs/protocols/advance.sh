#!/usr/bin/env bash
# The calls of ADVANCE.AI's own pages, with plain curl, and those that Likeness adds. Needs two photographs of one person and one
# of another, JPEG or PNG, of less than 2 MB and 256 to 4096 pixels a side:
#   BASE=http://127.0.0.1:8470 ACCESS_KEY=... SECRET_KEY=... \
#     docs/protocols/advance.sh ada.jpg ada-elsewhere.jpg bea.jpg
# Prints one line an answer: the step, and the JSON.
set -euo pipefail

BASE=${BASE:-http://127.0.0.1:8470}
ADA=$1 ADA_ELSEWHERE=$2 BEA=$3

photo() { base64 < "$1" | tr -d '\n'; }
sha256() { if command -v sha256sum > /dev/null; then sha256sum; else shasum -a 256; fi | cut -d ' ' -f 1; }
step() { printf '%s ' "$1"; }

# Token Authentication: the signature is the SHA-256 of access key, secret key and time.
timestamp=$(date +%s)000
signature=$(printf '%s' "$ACCESS_KEY$SECRET_KEY$timestamp" | sha256)
answer=$(curl -sS -X POST "$BASE/openapi/auth/ticket/v1/generate-token" \
  -H 'Content-Type: application/json' \
  -d "{\"accessKey\":\"$ACCESS_KEY\",\"signature\":\"$signature\",\"timestamp\":$timestamp,\"periodSecond\":120}")
step token && echo "$answer"
TOKEN=$(printf '%s' "$answer" | sed -E 's/.*"token":"([^"]+)".*/\1/')

# Save Enroll: the vendor's example with a photograph for its faceImage.
step enroll
printf '{
"faceImage": "%s",
"userId":"8e44f0089b076e18a718eb9ca3d94674",
"region":"PHL"
}' "$(photo "$ADA")" | curl -sS -X POST \
"$BASE/intl/openapi/identity-risk/idvs-h5/ekyc/v1/face-authentication/enroll" \
-H 'Content-Type: application/json' \
-H "X-ACCESS-TOKEN:$TOKEN" \
-d @- && echo

step get-enroll
curl -sS -X POST "$BASE/intl/openapi/identity-risk/idvs-h5/ekyc/v1/face-authentication/get-enroll" \
  -H 'Content-Type: application/json' -H "X-ACCESS-TOKEN:$TOKEN" \
  -d '{"userId":"8e44f0089b076e18a718eb9ca3d94674"}' && echo

# A face set: the call is ours, in the vendor's style. The first one of a tenant has the id 1.
step create-faceset
curl -sS -X POST "$BASE/intl/openapi/face-search/facesets" \
  -H "X-ACCESS-TOKEN:$TOKEN" --form 'name="Members"' && echo

# Add Face: the vendor's example with a photograph for its file.
step add-face
curl -sS -X POST \
  "$BASE/intl/openapi/face-search/facereferences" \
  -H 'Content-Type: multipart/form-data' \
  -H "X-ACCESS-TOKEN:$TOKEN" \
  --form 'faceSetId="1"' \
  --form "faceImage=@\"$ADA\"" \
  --form 'externalReferenceId="3aa0b51d-25df-4432-81ee-7b1774f89348"' \
  --form 'idNumber=""' \
  --form 'idCardType=""' \
  --form 'country="MG"' \
  --form 'name="Mrs. Justine"' && echo
step add-other-face
curl -sS -X POST "$BASE/intl/openapi/face-search/facereferences" -H "X-ACCESS-TOKEN:$TOKEN" \
  --form 'faceSetId="1"' --form "faceImage=@\"$BEA\"" && echo

# Get Face, and all faces of the set.
step get-face
curl -sS "$BASE/intl/openapi/face-search/facereferences?id=1" -H "X-ACCESS-TOKEN:$TOKEN" && echo
step list-faces
curl -sS "$BASE/intl/openapi/face-search/facereferences?faceSetId=1&pageSize=10" -H "X-ACCESS-TOKEN:$TOKEN" && echo

# Search: who is it?
step search
curl -sS -X POST "$BASE/intl/openapi/face-search/search" -H "X-ACCESS-TOKEN:$TOKEN" \
  --form 'faceSetId="1"' --form "faceImage=@\"$ADA_ELSEWHERE\"" --form 'topK="20"' --form 'threshold="50.0"' && echo

# The hosted page: its address for a user, and what became of it so far. Open the address on a phone or a machine with a camera.
step generate-url
answer=$(curl -sS -X POST "$BASE/intl/openapi/identity-risk/idvs-h5/ekyc/v1/generate-url" \
  -H 'Content-Type: application/json' \
  -H "X-ACCESS-TOKEN:$TOKEN" \
  -d '{
"returnUrl": "https://example.com/good",
"failReturnUrl": "https://example.com/bad",
"bizId": "order-1",
"userId": "8e44f0089b076e18a718eb9ca3d94674",
"region": "PHL",
"language": "en-US",
"prefersColorScheme": "light"
}')
echo "$answer"
signature_id=$(printf '%s' "$answer" | sed -E 's/.*"signatureId":"([^"]+)".*/\1/')
step get-result
curl -sS -X POST "$BASE/intl/openapi/identity-risk/idvs-h5/ekyc/v1/get-result" \
  -H 'Content-Type: application/json' -H "X-ACCESS-TOKEN:$TOKEN" \
  -d "{\"signatureId\": \"$signature_id\"}" && echo

# Face Search Get Result: the vendor's example, for a transaction that has passed: SIGNATURE_ID=730baa5ab2e34e53 advance.sh ...
if [ -n "${SIGNATURE_ID:-}" ]; then
  step face-search
  curl -sS -X POST \
    "$BASE/intl/openapi/identity-risk/idvs-h5/ekyc/v1/face-search" \
    -H 'Content-Type: application/json' \
    -H "X-ACCESS-TOKEN:$TOKEN" \
    -d "{
\"signatureId\": \"$SIGNATURE_ID\"
}" && echo
fi

# Erase: picture and template are gone at once.
step delete-face
curl -sS -X DELETE "$BASE/intl/openapi/face-search/facereferences?id=2" -H "X-ACCESS-TOKEN:$TOKEN" && echo
step get-deleted-face
curl -sS "$BASE/intl/openapi/face-search/facereferences?id=2" -H "X-ACCESS-TOKEN:$TOKEN" && echo
if [ "${KEEP:-no}" = no ]; then
  step delete-enroll
  curl -sS -X POST "$BASE/intl/openapi/identity-risk/idvs-h5/ekyc/v1/face-authentication/delete-enroll" \
    -H 'Content-Type: application/json' -H "X-ACCESS-TOKEN:$TOKEN" \
    -d '{"userId":"8e44f0089b076e18a718eb9ca3d94674"}' && echo
fi
