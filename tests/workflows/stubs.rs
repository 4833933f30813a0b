//! Programs in place of those that a job of the examples calls, as scripts.

/// In place of `gh`: one comment a page, and a bot that can edit what is its own alone.
pub(crate) const GH: &str = r#"#!/usr/bin/env bash
set -euo pipefail
env > '@STATE@/env-gh'
[ "$1" = api ] && [ "$GH_TOKEN" = secret-of-github.token ]
shift
method=GET body='' paginate='' title='' state=''
while [ $# -gt 0 ]; do
  case $1 in
    --silent) ;;
    --paginate) paginate=yes ;;
    --method) method=$2; shift ;;
    -F) body=${2#body=@}; shift ;;
    -f)
      case $2 in
        title=*) title=${2#title=} ;;
        state=*) state=${2#state=} ;;
        *) echo "what is $2?" >&2; exit 2 ;;
      esac
      shift
      ;;
    repos/*) url=$1 ;;
    *) echo "what is $1?" >&2; exit 2 ;;
  esac
  shift
done
cd '@STATE@'
echo "$method $url" >> calls
if [ -n "$body" ] && [ "$(wc -m < "$body")" -gt 65536 ]; then
  echo 'gh: Validation Failed (HTTP 422)' >&2
  exit 1
fi
case "$method $url" in
  'GET repos/acme/desk/issues/7/comments?per_page=100')
    [ -n "$paginate" ]
    jq --compact-output '.[] | [{id, user: {login: .author}, body}]' comments.json
    ;;
  PATCH\ repos/acme/desk/issues/comments/*)
    jq --exit-status --argjson id "${url##*/}" \
      'any(.id == $id and .author == "github-actions[bot]")' comments.json > /dev/null
    jq --argjson id "${url##*/}" --rawfile body "$body" \
      'map(if .id == $id then .body = $body else . end)' comments.json > new.json
    mv new.json comments.json
    ;;
  'POST repos/acme/desk/issues/7/comments')
    jq --rawfile body "$body" \
      '. + [{id: (100 + length), author: "github-actions[bot]", body: $body}]' comments.json > new.json
    mv new.json comments.json
    ;;
  'GET repos/acme/desk/issues?state=open&per_page=100')
    [ -n "$paginate" ]
    jq --compact-output '.[] | select(.state == "open")
      | [{number, title, user: {login: .author}, body} + (if .pull then {pull_request: {}} else {} end)]' \
      issues.json
    ;;
  'POST repos/acme/desk/issues')
    jq --rawfile body "$body" --arg title "$title" \
      '. + [{number: (200 + length), author: "github-actions[bot]", title: $title, body: $body,
        state: "open", pull: false}]' issues.json > new.json
    mv new.json issues.json
    ;;
  PATCH\ repos/acme/desk/issues/*)
    jq --exit-status --argjson number "${url##*/}" \
      'any(.number == $number and .author == "github-actions[bot]")' issues.json > /dev/null
    jq --argjson number "${url##*/}" --rawfile body "$body" --arg state "${state:-open}" \
      'map(if .number == $number then .body = $body | .state = $state else . end)' issues.json > new.json
    mv new.json issues.json
    ;;
  *) exit 2 ;;
esac
"#;

/// In place of `curl` to GitLab: one note a page, and 42 is who has the token.
pub(crate) const CURL: &str = r#"#!/usr/bin/env bash
set -euo pipefail
env > '@STATE@/env-curl'
method=GET body='' header=''
while [ $# -gt 0 ]; do
  case $1 in
    --fail | --silent | --show-error) ;;
    --header) header=$2; shift ;;
    --request) method=$2; shift ;;
    --data-urlencode) body=${2#body@}; shift ;;
    https://gitlab.example.com/*) url=${1#https://gitlab.example.com/api/v4/} ;;
    *) echo "what is $1?" >&2; exit 2 ;;
  esac
  shift
done
[ "$header" = 'PRIVATE-TOKEN: secret-of-GITLAB_TOKEN' ]
cd '@STATE@'
echo "$method $url" >> calls
case "$method $url" in
  'GET user') echo '{"id": 42, "username": "project_1_bot"}' ;;
  'GET projects/1/merge_requests/7/notes?per_page=100&page='*)
    jq --argjson page "${url##*page=}" '[.[$page - 1] | values
      | {id, author: {id: (if .author == "project_1_bot" then 42 else 41 end)}, body, system: false}]' \
      comments.json
    ;;
  PUT\ projects/1/merge_requests/7/notes/*)
    jq --exit-status --argjson id "${url##*/}" \
      'any(.id == $id and .author == "project_1_bot")' comments.json > /dev/null
    jq --argjson id "${url##*/}" --rawfile body "$body" \
      'map(if .id == $id then .body = $body else . end)' comments.json > new.json
    mv new.json comments.json
    ;;
  'POST projects/1/merge_requests/7/notes')
    jq --rawfile body "$body" \
      '. + [{id: (100 + length), author: "project_1_bot", body: $body}]' comments.json > new.json
    mv new.json comments.json
    ;;
  *) exit 2 ;;
esac
"#;

/// In place of `cargo install`: what it installs runs the deskform of these tests.
pub(crate) const CARGO: &str = r#"#!/usr/bin/env bash
set -euo pipefail
env > '@STATE@/env-cargo'
[ "$1 $2 $3 $4 $5 $6" = 'install --locked --root . --git https://example.com/deskform' ]
[ ! -e '@STATE@/no-build' ]
mkdir -p bin
cp '@STATE@/program' bin/deskform
chmod +x bin/deskform
"#;

/// What the stub of `cargo install` installs.
pub(crate) const PROGRAM: &str = r#"#!/usr/bin/env bash
env > '@STATE@/env-deskform'
export DESKFORM_CACHE='@STATE@/cache'
exec '@DESKFORM@' "$@"
"#;
