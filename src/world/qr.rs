//! An address as a picture for a telephone's camera.

use qrcode::render::unicode::Dense1x2;
use qrcode::{EcLevel, QrCode};

/// The picture, line by line, two modules a character; None where the text is too long for a terminal.
pub fn picture(text: &str) -> Option<String> {
    let code = QrCode::with_error_correction_level(text, EcLevel::L).ok()?;
    // Light on dark terminals and dark on light ones alike: cameras read both.
    let picture = code.render::<Dense1x2>().dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).build();
    (code.width() <= 70).then_some(picture)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_becomes_a_square_and_a_long_text_nothing() {
        let picture = picture("https://login.example.com/device?user_code=WDJB-MJHT").unwrap();
        let widths: Vec<usize> = picture.lines().map(|line| line.chars().count()).collect();
        assert!(widths.iter().all(|width| *width == widths[0]) && widths[0] >= widths.len(), "{picture}");
        assert_eq!(super::picture(&"x".repeat(5000)), None);
    }
}
