#!/usr/bin/env bash
# Keeps one issue on GitHub about drift: opened when something moved in Zoho Desk, written anew while
# it differs, and closed when nothing does any more.
#
# Copy it into your project as scripts/deskform-issue.sh, where the workflow calls it. It needs jq and
# gh.
#
#   deskform-issue.sh REPORT
#
# REPORT is what `deskform drift --format markdown` has written, and CODE its exit code, 0 or 2. RUN is
# the address of the run, DESKFORM_ENV the environment.
set -euo pipefail

report=$1
body=$(mktemp)
trap 'rm -f "$body"' EXIT

# The first line of the report. The issue is found by it and by its author: anybody can write such a
# line.
marker="<!-- deskform drift: $DESKFORM_ENV -->"
{
  [ "$(head -n 1 "$report")" = "$marker" ] || echo "$marker"
  cat "$report"
  printf '\nReported by [this run](%s).\n' "$RUN"
} > "$body"

issues="repos/$GITHUB_REPOSITORY/issues"
number=$(gh api --paginate "$issues?state=open&per_page=100" |
  jq --arg author 'github-actions[bot]' --arg marker "$marker" \
    '.[] | select(.user.login == $author and .pull_request == null
      and (.body // "" | startswith($marker))) | .number' |
  tail -n 1)
case $CODE in
  2)
    if [ -n "$number" ]; then
      gh api --silent --method PATCH "$issues/$number" -F "body=@$body"
    else
      gh api --silent --method POST "$issues" \
        -f "title=Zoho Desk has drifted: $DESKFORM_ENV" -F "body=@$body"
    fi
    ;;
  0)
    if [ -n "$number" ]; then
      gh api --silent --method PATCH "$issues/$number" -f state=closed -F "body=@$body"
    fi
    ;;
  *)
    echo "\`drift\` does not end with $CODE where it has a report" >&2
    exit 1
    ;;
esac
