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

/// The letters that HTML shows, without its tags and without white space. A server that rewrites a text lets
/// them be.
pub(super) fn shown(text: &str) -> String {
    let sink = Sink::default();
    sink.0.borrow_mut().is_text_alone = true;
    let tokenizer = Tokenizer::new(sink, TokenizerOpts::default());
    let input = BufferQueue::default();
    input.push_back(StrTendril::from(text));
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    let mut out = tokenizer.sink.0.into_inner().out;
    out.retain(|character| !character.is_whitespace());
    out
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
    /// Whether nothing is written but what readers see.
    is_text_alone: bool,
    /// How many elements are open whose text nobody sees.
    unseen: usize,
}

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut state = self.0.borrow_mut();
        if state.is_text_alone {
            return state.seen(token);
        }
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
    /// Writes a token as far as readers see it.
    fn seen(&mut self, token: Token) -> TokenSinkResult<()> {
        match token {
            Token::CharacterTokens(text) if self.unseen == 0 => self.out.push_str(&text),
            Token::TagToken(tag) => {
                let is_unseen = matches!(&*tag.name, "head" | "script" | "style" | "title");
                match tag.kind {
                    TagKind::StartTag => {
                        self.unseen += usize::from(is_unseen);
                        return raw(&tag.name);
                    }
                    TagKind::EndTag if is_unseen => self.unseen = self.unseen.saturating_sub(1),
                    TagKind::EndTag => {}
                }
            }
            Token::CharacterTokens(_)
            | Token::NullCharacterToken
            | Token::CommentToken(_)
            | Token::DoctypeToken(_)
            | Token::EOFToken
            | Token::ParseError(_) => {}
        }
        TokenSinkResult::Continue
    }

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

/// The properties among which the order of declarations counts: those whose names begin with one word, as
/// `margin` and `margin-left` do, and `line-height`, which `font` sets as well.
fn family(property: &str) -> &str {
    if property == "line-height" {
        return "font";
    }
    let begin = property.len() - property.trim_start_matches('-').len();
    let end = property.get(begin..).and_then(|rest| rest.find('-'));
    let end = end.map_or(property.len(), |end| begin + end);
    property.get(..end).unwrap_or(property)
}

/// The value of an attribute. The declarations of a style keep their order within a [`family`].
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
            declarations.sort_by(|(a, _), (b, _)| family(a).cmp(family(b)));
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
    use super::{canonical, shown};

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
            (
                "<p style=\"margin:0;margin-left:5px\">a</p>",
                "<p style=\"margin-left:5px;margin:0\">a</p>",
            ),
            (
                "<p style=\"border-color:red;border-top:1px solid\">a</p>",
                "<p style=\"border-top:1px solid;border-color:red\">a</p>",
            ),
            (
                "<p style=\"font:12px a;line-height:2\">a</p>",
                "<p style=\"line-height:2;font:12px a\">a</p>",
            ),
            (
                "<p style=\"-webkit-box:a;-webkit-box-flex:1\">a</p>",
                "<p style=\"-webkit-box-flex:1;-webkit-box:a\">a</p>",
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
    fn what_readers_see_is_left_of_a_text() {
        for (text, expected) in [
            (
                "<P>Hello <b>you</b></P><script>x('<p>')</script>",
                "Helloyou",
            ),
            (
                "<html><head><title>a</title><style>p {}</style></head><body>b &amp;\n c</body></html>",
                "b&c",
            ),
            ("<div>Hello<br>you</div><!-- a -->", "Helloyou"),
            ("a < b", "a<b"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
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
