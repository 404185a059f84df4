//! Labels as they are written in a configuration.

use labelgate_control::MAX_LABEL;
use labelgate_mac::Label;
use toml::Spanned;

use super::problem::Collector;

/// The label a text names, if it names one.
pub(super) fn check_label(text: &Spanned<String>, problems: &mut Collector<'_>) -> Option<Label> {
    let label = match text.get_ref().parse::<Label>() {
        Ok(label) => label,
        Err(why) => {
            let example = "write two categories, such as \"s0:c12,c34\"";
            problems.at(
                &text.span(),
                format_args!("label {:?}: {why}; {example}", text.get_ref()),
            );
            return None;
        }
    };
    let length = label.to_string().len();
    if length > MAX_LABEL {
        let what = format_args!("the label has {length} characters; use at most {MAX_LABEL}");
        problems.at(&text.span(), what);
        return None;
    }
    Some(label)
}
