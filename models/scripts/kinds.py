"""The everyday word for the ImageNet classes whose own name does not say it.

The classes' order follows WordNet, so that whole kinds are ranges of indices. Written for rushes.
"""

_RANGES: dict[str, tuple[tuple[int, int], ...]] = {
    "fish": ((0, 6), (389, 397)),
    "bird": ((7, 24), (80, 100), (127, 146)),
    "salamander": ((25, 29),),
    "frog": ((30, 32),),
    "turtle": ((33, 37),),
    "lizard": ((38, 48),),
    "crocodile": ((49, 50),),
    "snake": ((52, 68),),
    "spider": ((70, 77),),
    "elephant": ((101, 101), (386, 386)),
    "crab": ((118, 121),),
    "whale": ((147, 148),),
    "seal": ((149, 150),),
    "dog": ((151, 268),),
    "wild dog": ((269, 275),),
    "fox": ((277, 280),),
    "cat": ((281, 285),),
    "wild cat": ((286, 293),),
    "bear": ((294, 297),),
    "insect": ((300, 320),),
    "butterfly": ((321, 326),),
    "rabbit": ((330, 332),),
    "squirrel": ((335, 336),),
    "horse": ((339, 339),),
    "pig": ((341, 343),),
    "cattle": ((345, 347),),
    "sheep": ((348, 350),),
    "antelope": ((351, 353),),
    "monkey": ((365, 382),),
    "guitar": ((402, 402), (546, 546)),
    "ship": ((403, 403), (510, 510), (628, 628), (724, 724), (780, 780)),
    "airplane": ((404, 404), (895, 895)),
    "car": (
        *((407, 407), (436, 436), (468, 468), (511, 511), (609, 609)),
        *((627, 627), (656, 656), (661, 661), (751, 751), (817, 817)),
    ),
    "clock": ((409, 409), (530, 530), (892, 892)),
    "bicycle": ((444, 444), (671, 671)),
    "train": ((466, 466), (547, 547), (705, 705), (820, 820)),
    "boat": ((472, 472), (484, 484), (554, 554), (576, 576), (625, 625), (814, 814), (914, 914)),
    "cup of coffee": ((504, 504),),
    "telephone": ((487, 487), (528, 528), (707, 707)),
    "computer": ((527, 527), (590, 590), (620, 620), (681, 681)),
    "watch": ((531, 531), (826, 826)),
    "truck": ((555, 555), (569, 569), (675, 675), (717, 717), (864, 864), (867, 867)),
    "piano": ((579, 579), (881, 881)),
    "bus": ((654, 654), (779, 779), (874, 874)),
    "rocket": ((657, 657), (744, 744)),
    "motorcycle": ((665, 665), (670, 670)),
    "fruit": ((948, 957),),
    "coffee": ((967, 967),),
    "flower": ((985, 986),),
    "mushroom": ((991, 997),),
}

KINDS: dict[int, str] = {
    index: kind for kind, ranges in _RANGES.items() for first, last in ranges for index in range(first, last + 1)
}
"""Class index to kind; a class that is not here is its own kind."""
