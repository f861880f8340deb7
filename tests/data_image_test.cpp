#include <cmath>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <ravine/core/file.h>
#include <ravine/data/image.h>

#include "data_files.h"
#include "temporary.h"

using namespace ravine;
using data::Image;
using Bytes = std::vector<std::uint8_t>;

namespace {

Image decode(std::string_view file, int channels = 0) {
  return data::decode_image(std::as_bytes(std::span(file)), "image", channels);
}

std::string refusal(std::string_view file) {
  const std::string text = error_of([&] { decode(file); });
  CHECK(text.starts_with("image"));
  return text;
}

// A BMP file: `rows` bottom-up, blue before green before red, each filled up to four bytes.
std::string bmp_file(int height, int width, int bits, const std::string& palette,
                     const std::string& rows, std::uint32_t compression = 0) {
  const auto number = [](int value) { return little_endian(static_cast<std::uint32_t>(value)); };
  const std::size_t offset = 54 + palette.size();
  return "BM" + little_endian(static_cast<std::uint32_t>(offset + rows.size())) + number(0) +
         little_endian(static_cast<std::uint32_t>(offset)) + number(40) + number(width) +
         number(height) + number(1 | bits << 16) + little_endian(compression) + number(0) +
         number(0) + number(0) + little_endian(static_cast<std::uint32_t>(palette.size() / 4)) +
         number(0) + palette + rows;
}

const std::string grey_png = png_file(2, 3, 8, 0, from_hex("0001020300040506"));
const std::string rgb_png = png_file(1, 2, 8, 2,
                                     from_hex("00"
                                              "0a141e"
                                              "28323c"));
const std::string rgb_bmp = bmp_file(2, 1, 24, "",
                                     from_hex("01020300"
                                              "04050600"));

// 7 × 5 pixels, grey 10 + 20·x + 25·y.
const std::string grey_jpeg = from_hex(
    "ffd8ffe000104a46494600010100000100010000ffdb004300010101010101010101010101010101010101010101"
    "01010101010101010101010101010101010101010101010101010101010101010101010101010101010101ffc000"
    "0b080005000701011100ffc40014000100000000000000000000000000000008ffc4001e10000004070000000000"
    "000000000000000004094502030715245463ffda0008010100003f004925727750fb290c76b98da5f523ee3fffd9");

// 9 × 6 pixels, red 20·x, green 30·y, blue 200 − 10·x; progressive.
const std::string rgb_jpeg = from_hex(
    "ffd8ffe000104a46494600010100000100010000ffdb004300010101010101010101010101010101010101010101"
    "01010101010101010101010101010101010101010101010101010101010101010101010101010101010101ffdb00"
    "43010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101"
    "0101010101010101010101010101010101010101ffc20011080006000903011100021101031101ffc40015000101"
    "00000000000000000000000000000708ffc4001501010100000000000000000000000000000807ffda000c030100"
    "021003100000019e93d38583430bffc4001810000203000000000000000000000000000004050616ffda00080101"
    "0001050289a02260123fffc4002211000004040700000000000000000000000003050701021742212451616292d2"
    "ffda0008010301013f01675d954cae07597436e42ad29e877697d0ffc40021110000050207000000000000000000"
    "000000010305071742212451616292d2ffda0008010201013f019324770cc60add716fc854770d15ec5e87ffc400"
    "1b100001040300000000000000000000000000010291d1033133ffda0008010100063f026f385a378e168fffc400"
    "1510010100000000000000000000000000004110ffda0008010100013f2144cab7ffda000c030100020003000000"
    "1067ffc400181101000301000000000000000000000000011061c1e1ffda0008010301013f10bd4eb6c62e7fffc4"
    "00181100020300000000000000000000000000011061a1b1ffda0008010201013f10902806140fffc40019100002"
    "03010000000000000000000000002141101161d1ffda0008010100013f10b1c58335901bffd9");

const std::string cmyk_jpeg = from_hex(
    "ffd8ffee000e41646f626500640000000000ffdb0043000101010101010101010101010101010101010101010101"
    "0101010101010101010101010101010101010101010101010101010101010101010101010101010101ffc0001408"
    "00020003044311004d11005911004b1100ffc400150001010000000000000000000000000000090affc400221000"
    "00040407000000000000000000000000020506033674b20716567595b3d4ffda000e0443004d0059004b00003f00"
    "903c30901abb5c3ed8a23472ab634e20f0e9fe70df3a26055aa35a50df3a26055aa35a51ffd9");

}  // namespace

TEST_CASE("a PNG image is read as grey or RGB, as it is") {
  const Image grey = decode(grey_png);
  CHECK(grey.height == 2);
  CHECK(grey.width == 3);
  CHECK(grey.channels == 1);
  CHECK(grey.pixels == Bytes{1, 2, 3, 4, 5, 6});
  const Image rgb = decode(rgb_png);
  CHECK(rgb.channels == 3);
  CHECK(rgb.pixels == Bytes{10, 20, 30, 40, 50, 60});
}

TEST_CASE("alpha is dropped, deep samples keep their upper byte, few bits are spread") {
  CHECK(decode(png_file(1, 2, 8, 4,
                        from_hex("00"
                                 "0780"
                                 "09ff")))
            .pixels == Bytes{7, 9});
  CHECK(decode(png_file(1, 1, 8, 6,
                        from_hex("00"
                                 "01020300")))
            .pixels == Bytes{1, 2, 3});
  CHECK(decode(png_file(1, 2, 16, 0,
                        from_hex("00"
                                 "1234"
                                 "ff00")))
            .pixels == Bytes{0x12, 0xff});
  CHECK(decode(png_file(1, 4, 1, 0,
                        from_hex("00"
                                 "a0")))
            .pixels == Bytes{255, 0, 255, 0});
}

TEST_CASE("an image has the channels that were asked for") {
  CHECK(decode(grey_png, 3).pixels == Bytes{1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5, 5, 6, 6, 6});
  CHECK(decode(rgb_png, 1).pixels == Bytes{18, 48});
  CHECK_THROWS_AS(decode(grey_png, 2), Error);
}

TEST_CASE("a PNG image cut short anywhere is refused") {
  for (std::size_t length = 0; length < grey_png.size(); ++length) {
    CHECK_FALSE(refusal(grey_png.substr(0, length)).empty());
  }
}

TEST_CASE("a changed byte anywhere in a PNG image is found") {
  for (std::size_t i = 0; i < grey_png.size(); ++i) {
    std::string damaged = grey_png;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x04);
    CHECK_FALSE(refusal(damaged).empty());
  }
  std::string damaged = grey_png;
  damaged[45] = 'x';
  CHECK(refusal(damaged) == "image: PNG image: damaged: the chunk at offset 33 fails its checksum");
}

TEST_CASE("a PNG image whose pixels end early is refused though its checksums agree") {
  CHECK(contains(refusal(png_file(2, 3, 8, 0,
                                  from_hex("00010203"
                                           "0004"))),
                 "PNG image: damaged"));
  CHECK(contains(refusal(png_file(2, 3, 8, 0,
                                  from_hex("09010203"
                                           "00040506"))),
                 "damaged"));
  CHECK(contains(refusal(png_file(2, 3, 7, 0, from_hex("0001020300040506"))), "damaged"));
}

TEST_CASE("a PNG image whose pixels begin with an empty chunk is refused") {
  const std::string empty = grey_png.substr(0, 33) + png_chunk("IDAT", "") + grey_png.substr(33);
  CHECK(refusal(empty) == "image: PNG image: the first chunk of pixels is empty");
}

TEST_CASE("images of impossible sides are refused before they are allocated") {
  CHECK(refusal(png_file(0x7fffffff, 3, 8, 0, "")) ==
        "image: PNG image: 2147483647 × 3 pixels (height × width); sides are 1 to 4096");
  CHECK(contains(refusal(png_file(1, 4097, 8, 0, "")), "sides are 1 to 4096"));
  CHECK(contains(refusal(png_file(0, 1, 8, 0, "")), "sides are 1 to 4096"));
  CHECK(contains(refusal("P6 999999999999 2 255\n"), "sides are 1 to 4096"));
  CHECK(contains(refusal(bmp_file(-2147483647 - 1, 5, 24, "", "")), "sides are 1 to 4096"));
  CHECK(contains(refusal(bmp_file(1, -5, 24, "", "")), "sides are 1 to 4096"));
  std::string jpeg = grey_jpeg;
  jpeg[jpeg.find(from_hex("ffc0")) + 5] = '\xff';
  CHECK(contains(refusal(jpeg), "65285 × 7 pixels"));
}

TEST_CASE("a BMP image is read from the bottom up, or down where it says so") {
  const Image image = decode(rgb_bmp);
  CHECK(image.height == 2);
  CHECK(image.width == 1);
  CHECK(image.pixels == Bytes{6, 5, 4, 3, 2, 1});
  CHECK(decode(bmp_file(-2, 1, 24, "",
                        from_hex("01020300"
                                 "04050600")))
            .pixels == Bytes{3, 2, 1, 6, 5, 4});
  CHECK(decode(bmp_file(1, 2, 32, "",
                        from_hex("01020300"
                                 "04050600")))
            .pixels == Bytes{3, 2, 1, 6, 5, 4});
}

TEST_CASE("a BMP image with a palette is grey where all its colours are") {
  const std::string grey = from_hex(
      "00000000"
      "c8c8c800");
  const Image bits = decode(bmp_file(1, 9, 1, grey, from_hex("a0800000")));
  CHECK(bits.channels == 1);
  CHECK(bits.pixels == Bytes{200, 0, 200, 0, 0, 0, 0, 0, 200});
  const std::string colours = from_hex(
      "00000000"
      "01020300"
      "ffffff00");
  CHECK(decode(bmp_file(1, 3, 4, colours, from_hex("12000000"))).pixels ==
        Bytes{3, 2, 1, 255, 255, 255, 0, 0, 0});
  CHECK(decode(bmp_file(1, 2, 8, colours, from_hex("01020000"))).pixels ==
        Bytes{3, 2, 1, 255, 255, 255});
  CHECK(contains(refusal(bmp_file(1, 2, 8, colours, from_hex("01030000"))),
                 "pixel (1, 0) has colour 3 of 3"));
}

TEST_CASE("a BMP image cut short anywhere is refused") {
  for (std::size_t length = 0; length < rgb_bmp.size(); ++length) {
    CHECK_FALSE(refusal(rgb_bmp.substr(0, length)).empty());
  }
}

TEST_CASE("a BMP image of an unusual kind is refused with what it is") {
  CHECK(contains(refusal(bmp_file(1, 1, 8, "", from_hex("00000000"), 1)),
                 "8 bits a pixel with compression 1"));
  CHECK(contains(refusal(bmp_file(1, 1, 16, "", from_hex("00000000"))), "16 bits a pixel"));
  CHECK(contains(refusal(bmp_file(1, 1, 8, "", from_hex("00000000"))), "a palette of 256 colours"));
}

TEST_CASE("a binary PNM image is read, with comments in its header") {
  CHECK(decode("P5\n# made by hand\n2 1\n255\nab").pixels == Bytes{'a', 'b'});
  const Image rgb = decode("P6 1 2 # comment\n255\nabcdef");
  CHECK(rgb.height == 2);
  CHECK(rgb.channels == 3);
  CHECK(rgb.pixels == Bytes{'a', 'b', 'c', 'd', 'e', 'f'});
}

TEST_CASE("a malformed PNM image is refused with what is wrong") {
  CHECK(contains(refusal("P5 2 1 255\na"), "1 bytes of pixels; 1 × 2 × 1 need 2"));
  CHECK(contains(refusal("P5 2 1 255\nabc"), "3 bytes of pixels"));
  CHECK(contains(refusal("P5 2 1 65535\nabcd"), "values up to 65535"));
  CHECK(contains(refusal("P5 2 x 255\nab"), "a number is missing at offset 5"));
  CHECK(contains(refusal("P5 2 1 255"), "white space is missing"));
  CHECK(contains(refusal("P5"), "a number is missing at offset 2"));
  CHECK(contains(refusal("P5 # endless comment"), "a number is missing"));
  CHECK(contains(refusal("P3 1 1 255 1 2 3"), "it begins with 50 33 20"));
}

TEST_CASE("a JPEG image is read as grey or RGB, progressive ones as well") {
  const Image grey = decode(grey_jpeg);
  CHECK(grey.height == 5);
  CHECK(grey.width == 7);
  CHECK(grey.channels == 1);
  int worst = 0;
  for (int y = 0; y < 5; ++y) {
    for (int x = 0; x < 7; ++x) {
      const int pixel = grey.pixels[static_cast<std::size_t>(7 * y + x)];
      worst = std::max(worst, std::abs(pixel - (10 + 20 * x + 25 * y)));
    }
  }
  CHECK(worst <= 2);

  const Image rgb = decode(rgb_jpeg);
  CHECK(rgb.height == 6);
  CHECK(rgb.width == 9);
  CHECK(rgb.channels == 3);
  CHECK(std::abs(rgb.pixels[3 * (9 * 2 + 8)] - 160) <= 6);
  CHECK(std::abs(rgb.pixels[3 * (9 * 2 + 8) + 1] - 60) <= 6);
  CHECK(std::abs(rgb.pixels[3 * (9 * 2 + 8) + 2] - 120) <= 12);
}

TEST_CASE("a JPEG image cut short anywhere is refused") {
  for (const std::string& jpeg : {grey_jpeg, rgb_jpeg}) {
    for (std::size_t length = 0; length < jpeg.size(); ++length) {
      CHECK_FALSE(refusal(jpeg.substr(0, length)).empty());
    }
  }
}

TEST_CASE("a JPEG image with a changed byte is refused or decoded to its size") {
  for (const std::string& jpeg : {grey_jpeg, rgb_jpeg}) {
    for (std::size_t i = 0; i < jpeg.size(); ++i) {
      for (const int change : {0x01, 0x80, 0xff}) {
        std::string damaged = jpeg;
        damaged[i] = static_cast<char>(damaged[i] ^ change);
        try {
          const Image image = decode(damaged);
          CHECK(image.pixels.size() ==
                static_cast<std::size_t>(image.height * image.width * image.channels));
        } catch (const DataError& error) {
          CHECK(std::string(error.what()).starts_with("image: "));
        }
      }
    }
  }
}

TEST_CASE("a JPEG image of four colours is refused") {
  CHECK(refusal(cmyk_jpeg) == "image: JPEG image: 4 colour components; expected 1 (grey) or 3");
}

TEST_CASE("formats that are not read are refused by what they begin with") {
  CHECK(refusal("") == "image is empty");
  CHECK(refusal("GIF89a...") ==
        "image: no PNG, JPEG, BMP or binary PNM image: it begins with 47 49 46 38 39 61 2e 2e");
  CHECK(contains(refusal("8BPS"), "38 42 50 53"));
  CHECK(contains(refusal("#?RADIANCE\n"), "no PNG"));
}

TEST_CASE("an image is read from a file whatever its name") {
  const TemporaryFolder folder;
  write_file(folder / "digit.jpg", grey_png);
  CHECK(data::read_image(folder / "digit.jpg").pixels == Bytes{1, 2, 3, 4, 5, 6});
  CHECK(contains(error_of<IoError>([&] { data::read_image(folder / "none.png"); }), "none.png"));
  CHECK_THROWS_AS(data::read_image(folder.path()), IoError);
}

TEST_CASE("an image is resized and converted as data sets are") {
  const Image image = decode(grey_png).resized(1, 1).to_channels(3);
  CHECK(image.height == 1);
  CHECK(image.pixels == Bytes{4, 4, 4});  // 3.5, rounded half up
  CHECK_THROWS_AS(image.resized(0, 1), Error);
  CHECK_THROWS_AS(image.to_channels(2), Error);
}
