//! HTML in one form: two texts with one form are shown alike, however they are written.

use std::cell::RefCell;
use std::fmt::Write as _;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    BufferQueue, Doctype, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};

/// Elements by which a text shows that it is HTML. What only looks like a tag, such as `<name>`, may
/// stand in a plain text.
const ELEMENTS: &[&str] = &[
    "a",
    "abbr",
    "b",
    "blockquote",
    "body",
    "br",
    "center",
    "code",
    "div",
    "em",
    "font",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "header",
    "hr",
    "html",
    "i",
    "img",
    "li",
    "ol",
    "p",
    "pre",
    "s",
    "section",
    "small",
    "span",
    "strong",
    "style",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "u",
    "ul",
];

/// The form of a text in which HTML is compared; none of a text in which nothing is HTML.
///
/// Names are in small letters, attributes and the declarations of a `style` sorted, entities decoded, and
/// white space is joined outside of `<pre>` and of what is no text.
pub(super) fn canonical(text: &str) -> Option<String> {
    let sink = Sink::default();
    let tokenizer = Tokenizer::new(sink, TokenizerOpts::default());
    let input = BufferQueue::default();
    input.push_back(StrTendril::from(text));
    // The sink stops at nothing, so that one call reads it all.
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    let state = tokenizer.sink.0.into_inner();
    state.is_html.then(|| state.out.trim().to_owned())
}

/// Writes what the tokens come to.
#[derive(Default)]
struct Sink(RefCell<State>);

#[derive(Default)]
struct State {
    out: String,
    is_html: bool,
    /// How many elements are open in which white space counts.
    kept: usize,
    /// Whether what was written last ends in joined white space.
    has_blank: bool,
}

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut state = self.0.borrow_mut();
        match token {
            Token::CharacterTokens(text) => state.text(&text),
            Token::NullCharacterToken => state.text("\0"),
            Token::TagToken(tag) => {
                state.tag(&tag);
                if tag.kind == TagKind::StartTag {
                    return raw(&tag.name);
                }
            }
            Token::CommentToken(text) => {
                let _ = write!(state.out, "<!--{text}-->");
                state.has_blank = false;
            }
            Token::DoctypeToken(doctype) => state.doctype(&doctype),
            Token::EOFToken | Token::ParseError(_) => {}
        }
        TokenSinkResult::Continue
    }
}

/// What stands inside an element that holds no tags.
fn raw(name: &str) -> TokenSinkResult<()> {
    TokenSinkResult::RawData(match name {
        "title" | "textarea" => RawKind::Rcdata,
        "style" | "xmp" | "iframe" | "noembed" | "noframes" => RawKind::Rawtext,
        "script" => RawKind::ScriptData,
        _ => return TokenSinkResult::Continue,
    })
}

impl State {
    fn text(&mut self, text: &str) {
        for character in text.chars() {
            // A no-break space is shown and is no white space here.
            if character.is_ascii_whitespace() && self.kept == 0 {
                if !self.has_blank {
                    self.out.push(' ');
                }
                self.has_blank = true;
                continue;
            }
            self.has_blank = false;
            match character {
                // No text looks like a tag.
                '<' => self.out.push_str("&lt;"),
                '&' => self.out.push_str("&amp;"),
                other => self.out.push(other),
            }
        }
    }

    fn tag(&mut self, tag: &Tag) {
        let name = &*tag.name;
        let is_kept = matches!(name, "pre" | "textarea" | "script" | "style" | "xmp");
        if tag.kind == TagKind::EndTag {
            if is_kept {
                self.kept = self.kept.saturating_sub(1);
            }
            let _ = write!(self.out, "</{name}>");
        } else {
            self.is_html |= ELEMENTS.contains(&name);
            self.kept += usize::from(is_kept);
            let attributes = tag.attrs.iter();
            let mut attributes: Vec<(&str, String)> = attributes
                .map(|one| (&*one.name.local, value(&one.name.local, &one.value)))
                .collect();
            attributes.sort();
            let _ = write!(self.out, "<{name}");
            for (name, value) in attributes {
                let _ = write!(self.out, " {name}={value:?}");
            }
            self.out.push('>');
        }
        self.has_blank = false;
    }

    fn doctype(&mut self, doctype: &Doctype) {
        self.is_html = true;
        let parts = [&doctype.name, &doctype.public_id, &doctype.system_id];
        let parts = parts.map(|part| part.as_deref().unwrap_or_default());
        let _ = write!(self.out, "<!doctype {parts:?}>");
        self.has_blank = false;
    }
}

/// The value of an attribute. Of the declarations of a style with one property the order counts.
fn value(name: &str, value: &str) -> String {
    let joined = |text: &str| text.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
    match name {
        "style" => {
            let mut declarations: Vec<(String, String)> = value
                .split(';')
                .filter(|one| !one.trim().is_empty())
                .map(|one| {
                    let (property, value) = one.split_once(':').unwrap_or((one, ""));
                    (property.trim().to_ascii_lowercase(), joined(value))
                })
                .collect();
            declarations.sort_by(|(a, _), (b, _)| a.cmp(b));
            let declarations = declarations.iter();
            let declarations = declarations.map(|(property, value)| format!("{property}:{value}"));
            declarations.collect::<Vec<_>>().join(";")
        }
        "class" => joined(value),
        _ => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn what_is_shown_alike_has_one_form() {
        for (one, other) in [
            ("<P>a</P>", "<p>a</p>"),
            (
                "<a href=\"x\" class='b  c'>d</a>",
                "<a class=\"b c\" href=x>d</a>",
            ),
            (
                "<p style=\"color: RED;margin:0 auto;\">a</p>",
                "<p style='margin: 0  auto; COLOR:RED'>a</p>",
            ),
            ("<p>a &amp; &#252;</p>", "<p>a & \u{fc}</p>"),
            ("<p>\r\n  a\n\tb </p>\n", "<p> a b </p>"),
            ("<br/><br />", "<br><br>"),
            ("<pre>a\r\n b</pre>", "<pre>a\n b</pre>"),
            ("<p>${Tickets.Ticket Id}</p>", "<p>${Tickets.Ticket Id}</P>"),
        ] {
            assert!(canonical(one).is_some(), "{one}");
            assert_eq!(canonical(one), canonical(other), "{one} {other}");
        }
    }

    #[test]
    fn what_is_shown_otherwise_has_another_form() {
        for (one, other) in [
            ("<p>a</p>", "<p>b</p>"),
            ("<p>a</p>", "<div>a</div>"),
            ("<p>a b</p>", "<p>ab</p>"),
            ("<p>a&nbsp;b</p>", "<p>a b</p>"),
            ("<p>&lt;b&gt;</p>", "<p><b></p>"),
            ("<pre>a  b</pre>", "<pre>a b</pre>"),
            ("<style>a {}  b {}</style>", "<style>a {} b {}</style>"),
            ("<p title=\"a  b\">c</p>", "<p title=\"a b\">c</p>"),
            (
                "<p style=\"color:red;color:blue\">a</p>",
                "<p style=\"color:blue;color:red\">a</p>",
            ),
            ("<p a=\"b\" c=\"d\">e</p>", "<p a='b\" c=\"d'>e</p>"),
            (
                "<script>if (a<b) {}</script>",
                "<script>if (a) {}</script><br>",
            ),
            ("<p>a</p><!-- b -->", "<p>a</p><!-- c -->"),
        ] {
            assert_ne!(canonical(one), canonical(other), "{one} {other}");
        }
    }

    #[test]
    fn a_plain_text_has_no_form() {
        for text in [
            "",
            "a\n\nb",
            "a < b > c",
            "Hello <name>,\n\nbye",
            "a &lt; b",
        ] {
            assert_eq!(canonical(text), None, "{text}");
        }
    }
}
