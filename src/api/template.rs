//! Paths with places for values, such as `/teams/{id}` or `/fields?module={module}`.

use super::request::{Method, Request};

/// Lists the names in the places of a template, in order, each once.
#[must_use]
pub fn names(template: &'static str) -> Vec<&'static str> {
    let mut names = Vec::new();
    for piece in template.split('{').skip(1) {
        if let Some((name, _)) = piece.split_once('}')
            && !names.contains(&name)
        {
            names.push(name);
        }
    }
    names
}

/// Leaves out the parameters of a template's query that have a place for what is not given.
#[must_use]
pub fn with_given(template: &'static str, is_given: &dyn Fn(&str) -> bool) -> String {
    let Some((path, query)) = template.split_once('?') else {
        return template.to_owned();
    };
    let is_whole = |pair: &&'static str| names(pair).into_iter().all(is_given);
    let given: Vec<&str> = query.split('&').filter(is_whole).collect();
    match given.as_slice() {
        [] => path.to_owned(),
        given => format!("{path}?{}", given.join("&")),
    }
}

/// Builds a GET from a template; none where a place has no value.
pub fn get(template: &str, value: &dyn Fn(&str) -> Option<String>) -> Option<Request> {
    let (path, query) = template.split_once('?').unwrap_or((template, ""));
    let mut request = Request::new(Method::Get, fill(path, value)?);
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, template) = pair.split_once('=').unwrap_or((pair, ""));
        request = request.query(name.to_owned(), fill(template, value)?);
    }
    Some(request)
}

/// Builds a GET from a template whose only place is `{id}`.
#[must_use]
pub fn get_by_id(template: &str, id: &str) -> Request {
    // Every place has a value, so that a request comes out.
    get(template, &|_| Some(id.to_owned()))
        .unwrap_or_else(|| Request::new(Method::Get, template.to_owned()))
}

/// Whether a path may have come from a template.
#[must_use]
pub fn fits(template: &str, path: &str) -> bool {
    let mut segments = path.split('/');
    let fits = template.split('/').all(|wanted| {
        segments
            .next()
            .is_some_and(|segment| wanted.starts_with('{') || wanted == segment)
    });
    fits && segments.next().is_none()
}

/// Fills the places of a path; none where one has no value.
pub fn fill(template: &str, value: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let mut pieces = template.split('{');
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (name, rest) = piece.split_once('}')?;
        out.push_str(&value(name)?);
        out.push_str(rest);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_filled_in_path_and_query() {
        let template = "/layouts/{layout}/rules?module={layout.module}&status=all&of={layout}";
        assert_eq!(names(template), ["layout", "layout.module"]);
        let value = |name: &str| match name {
            "layout" => Some("7".to_owned()),
            "layout.module" => Some("a & b".to_owned()),
            _ => None,
        };
        let request = get(template, &value).unwrap();
        assert_eq!(request.path, "/layouts/7/rules");
        let query: Vec<_> = request
            .query
            .iter()
            .map(|(name, value)| (&**name, value.as_str()))
            .collect();
        assert_eq!(query, [("module", "a & b"), ("status", "all"), ("of", "7")]);
        assert_eq!(get("/teams/{id}", &value), None);
        for (given, wanted) in [
            (&["a", "b"][..], "/views?module={a}&of={b}&all=yes"),
            (&["a"], "/views?module={a}&all=yes"),
            (&[], "/views?all=yes"),
        ] {
            let template = "/views?module={a}&of={b}&all=yes";
            let is_given = |name: &str| given.contains(&name);
            assert_eq!(with_given(template, &is_given), wanted);
        }
        let none = |_: &str| false;
        assert_eq!(with_given("/views?module={a}", &none), "/views");
        assert_eq!(with_given("/views/{a}", &none), "/views/{a}");
        assert_eq!(get_by_id("/teams/{id}", "5").path, "/teams/5");
        assert_eq!(get_by_id("/teams", "5").path, "/teams");
        for (path, is_one) in [
            ("/teams/5/leave", true),
            ("/teams/5", false),
            ("/teams/5/leave/6", false),
            ("/roles/5/leave", false),
        ] {
            assert_eq!(fits("/teams/{id}/leave", path), is_one, "{path}");
        }
    }
}
