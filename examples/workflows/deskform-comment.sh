#!/usr/bin/env bash
# Keeps one comment on a pull request (GitHub) or one note on a merge request (GitLab): the plan, or
# why there is none.
#
# Copy it into your project as scripts/deskform-comment.sh, where both workflows call it. It needs
# jq, and gh on GitHub or curl on GitLab.
#
#   deskform-comment.sh FOLDER
#
# FOLDER/plan.md is there when the plan was made; FOLDER/problems.txt is what it wrote to stderr.
# COMMIT is what was planned, RUN the address of the run, DESKFORM_ENV the environment.
set -euo pipefail

folder=$1
body=$(mktemp)
trap 'rm -f "$body"' EXIT

# The first line of `deskform plan --format markdown`. The comment is found by it and by its author:
# anybody can write such a line, and could edit a comment of theirs that showed a plan.
marker="<!-- deskform plan: $DESKFORM_ENV -->"

success() {
  [ "$(head -n 1 "$folder/plan.md")" = "$marker" ] || echo "$marker"
  cat "$folder/plan.md"
  printf '\nPlanned for commit %s by [this run](%s).\n' "$COMMIT" "$RUN"
}

failure() {
  local shown='' fence
  if [ -s "$folder/problems.txt" ]; then
    # Indented, so that no line is a command to GitLab (`/close`). Whole lines, and at most 20,000
    # bytes: even between two fences as long as itself that is less than a comment takes (65,536).
    shown=$(tr -d '\r\000' < "$folder/problems.txt" |
      LC_ALL=C awk '{ bytes += length($0) + 3; if (bytes <= 20000) print "  " $0 }')
  fi
  # shellcheck disable=SC2016 # the backticks are Markdown
  printf '%s\n### deskform plan for `%s` failed\n\n' "$marker" "$DESKFORM_ENV"
  printf 'There is no plan for commit %s; [this run](%s) has the whole log.\n' "$COMMIT" "$RUN"
  if [ -n "$shown" ]; then
    # Longer than any run of backticks in the text, so that nothing in it ends the block.
    fence='```'$(grep -o '`*' <<< "$shown" | LC_ALL=C sort | tail -n 1)
    printf '\n%s\n%s\n%s\n' "$fence" "$shown" "$fence"
  fi
}

github() {
  local comments="repos/$GITHUB_REPOSITORY/issues/$NUMBER/comments" id
  id=$(gh api --paginate "$comments?per_page=100" |
    jq --arg author 'github-actions[bot]' --arg marker "$marker" \
      '.[] | select(.user.login == $author and (.body // "" | startswith($marker))) | .id' |
    tail -n 1)
  if [ -n "$id" ]; then
    gh api --silent --method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$id" -F "body=@$body"
  else
    gh api --silent --method POST "$comments" -F "body=@$body"
  fi
}

gitlab() {
  local project="$CI_API_V4_URL/projects/$CI_MERGE_REQUEST_PROJECT_ID" author id='' page=1 found
  local notes="$project/merge_requests/$CI_MERGE_REQUEST_IID/notes"
  author=$(api "$CI_API_V4_URL/user" | jq --exit-status .id)
  while [ -z "$id" ]; do
    found=$(api "$notes?per_page=100&page=$page")
    [ "$(jq length <<< "$found")" -gt 0 ] || break
    id=$(jq --argjson author "$author" --arg marker "$marker" \
      '.[] | select(.author.id == $author and (.body // "" | startswith($marker))) | .id' \
      <<< "$found" | tail -n 1)
    page=$((page + 1))
  done
  if [ -n "$id" ]; then
    api --request PUT --data-urlencode "body@$body" "$notes/$id"
  else
    api --request POST --data-urlencode "body@$body" "$notes"
  fi > /dev/null
}

api() {
  curl --fail --silent --show-error --header "PRIVATE-TOKEN: $GITLAB_TOKEN" "$@"
}

if [ -e "$folder/plan.md" ]; then success; else failure; fi > "$body"
if [ -z "${GITLAB_CI:-}" ]; then
  github
elif [ -n "${GITLAB_TOKEN:-}" ]; then
  gitlab
else
  echo 'GITLAB_TOKEN is not set, so the merge request gets no note' >&2
fi
