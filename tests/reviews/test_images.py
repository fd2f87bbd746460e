"""Pictures as they come, upright, whole and small; and those that are refused."""

from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from reviews.formats.errors import FormatError
from reviews.formats.images import ORIENTATION, as_png, inspect, mime_type, reduced

KINDS = ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"]


def encoded(image, kind, **options):
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def two_coloured(width=300, height=100):
    """Red above, blue below."""
    image = Image.new("RGB", (width, height), "red")
    image.paste("blue", (0, height // 2, width, height))
    return image


def thumbnail_of(data):
    return Image.open(BytesIO(inspect(data).thumbnail)).convert("RGB")


@pytest.mark.parametrize("kind", KINDS)
def test_every_accepted_format_is_measured_and_made_small(kind):
    picture = inspect(encoded(two_coloured(), kind))
    assert (picture.format, picture.width, picture.height) == (kind, 300, 100)
    small = thumbnail_of(encoded(two_coloured(), kind))
    assert small.size == (256, 85)
    assert small.getpixel((128, 10))[0] > 200


@given(data=st.data())
@settings(deadline=None, max_examples=150)
def test_corrupted_pictures_are_taken_or_refused_and_never_a_fault(data):
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    content = bytearray(encoded(two_coloured(40, 20), data.draw(st.sampled_from(KINDS)), exif=exif))
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        outcome = "taken" if inspect(bytes(content)).thumbnail else "no thumbnail"
    except FormatError as error:
        outcome = error.code
    assert outcome in ("taken", "broken_image", "not_an_image", "too_many_pixels")


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_a_picture_whose_exif_is_broken_is_shown_as_it_lies():
    data = encoded(two_coloured(), "JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff")
    assert inspect(data).width == 300


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_put_upright_as_pillow_does(orientation):
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    image = Image.linear_gradient("L").resize((128, 100)).rotate(30)
    data = encoded(image, "PNG", exif=exif)
    expected = ImageOps.exif_transpose(Image.open(BytesIO(data)))
    assert Image.open(BytesIO(as_png(data))).tobytes() == expected.tobytes()


@pytest.mark.parametrize(("orientation", "upright"), [(1, False), (3, False), (6, True), (8, True)])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_width_and_height_are_those_of_the_picture_as_displayed(kind, orientation, upright):
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    data = encoded(two_coloured(), kind, exif=exif)
    picture = inspect(data)
    assert (picture.width, picture.height) == ((100, 300) if upright else (300, 100))
    assert Image.open(BytesIO(picture.thumbnail)).size == ((85, 256) if upright else (256, 85))
    assert Image.open(BytesIO(as_png(data))).size == ((100, 300) if upright else (300, 100))


def test_an_orientation_turns_the_pixels_too():
    exif = Image.Exif()
    exif[ORIENTATION] = 6  # displayed a quarter turn clockwise: the upper red half comes to the right
    small = thumbnail_of(encoded(two_coloured(), "JPEG", exif=exif))
    assert small.getpixel((80, 128))[0] > 200
    assert small.getpixel((5, 128))[2] > 200


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_is_reduced_upright_to_the_size_that_is_asked_for(kind):
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    turned = {"exif": exif} if kind in ("JPEG", "PNG", "WEBP", "TIFF") else {}
    small = reduced(encoded(two_coloured(), kind, **turned), longest=60)
    assert (small.mode, small.size) == ("RGB", (20, 60) if turned else (60, 20))
    assert small.getpixel((18, 30) if turned else (30, 2))[0] > 200
    assert reduced(encoded(two_coloured(), kind), longest=1000).size == (300, 100)
    with pytest.raises(FormatError) as caught:
        reduced(encoded(two_coloured(), kind), longest=60, max_pixels=100)
    assert caught.value.code == "too_many_pixels"


def test_a_thumbnail_says_nothing_of_where_the_picture_was_taken():
    exif = Image.Exif()
    exif[0x010E] = "secret place"
    assert b"secret place" not in inspect(encoded(two_coloured(), "JPEG", exif=exif)).thumbnail


def test_pixel_art_stays_crisp():
    digit = Image.new("L", (8, 8), 0)
    digit.putpixel((3, 3), 255)
    small = Image.open(BytesIO(inspect(encoded(digit, "PNG")).thumbnail))
    assert small.size == (256, 256)
    assert sorted(colour for _, colour in small.getcolors()) == [0, 255]


def test_the_type_of_a_thumbnail_is_told_by_its_bytes():
    assert mime_type(inspect(encoded(two_coloured(), "PNG")).thumbnail) == "image/webp"
    assert mime_type(inspect(encoded(two_coloured(8, 8), "PNG")).thumbnail) == "image/png"


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I", "I;16", "F"])
def test_every_kind_of_pixel_becomes_a_thumbnail(mode):
    grey = Image.linear_gradient("L")
    image = grey.convert("I").convert(mode) if mode == "I;16" else grey.convert(mode)
    small = thumbnail_of(encoded(image, "TIFF")).convert("L")
    assert small.getextrema()[1] - small.getextrema()[0] > 200


def test_the_first_frame_of_an_animation_counts():
    frames = [Image.new("RGB", (80, 80), colour) for colour in ("red", "blue")]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert thumbnail_of(data).getpixel((40, 40))[0] > 200


@pytest.mark.parametrize("kind", KINDS)
def test_a_cut_picture_is_broken(kind):
    data = encoded(Image.effect_noise((64, 64), 80).convert("RGB"), kind)
    for size in (len(data) - 20, len(data) // 2):
        with pytest.raises(FormatError) as caught:
            inspect(data[:size])
        assert caught.value.code == "broken_image"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"MZ\x90\0",
        b"\x7fELF",
        b"<html>",
        b"%!PS-Adobe-3.0 EPSF",
    ],
)
def test_what_is_no_picture_is_refused(data):
    with pytest.raises(FormatError) as caught:
        inspect(data)
    assert caught.value.code == "not_an_image"


def test_a_small_file_of_many_pixels_is_refused_before_it_is_unpacked():
    with pytest.raises(FormatError) as caught:
        inspect(encoded(Image.new("1", (200, 200)), "PNG"), max_pixels=100 * 100)
    assert caught.value.code == "too_many_pixels"
    with pytest.raises(FormatError) as caught:
        inspect(encoded(Image.new("1", (15000, 15000)), "PNG"))
    assert caught.value.code == "too_many_pixels"
