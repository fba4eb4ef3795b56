"""What the problems are about. A word is its singular; `leaf|leaves` names a plural that no rule gives."""

import re


def plural(word: str) -> str:
    """The plural of a singular by rule: `box` boxes, `berry` berries, `toy car` toy cars."""
    if re.search(r"(s|x|z|ch|sh)$", word):
        return word + "es"
    if re.search(r"[^aeiou]y$", word):
        return word[:-1] + "ies"
    return word + "s"


def with_article(word: str) -> str:
    """`a kite`, `an umbrella`; by the first letter, which is right for every word of this file."""
    return f"{'an' if word[0] in 'aeiou' else 'a'} {word}"


def _words(text: str) -> tuple[tuple[str, str], ...]:
    """(singular, plural) of a comma-separated list."""
    entries = (entry.strip() for entry in text.replace("\n", " ").split(","))
    parts = (entry.partition("|") for entry in entries if entry)
    return tuple((singular, irregular or plural(singular)) for singular, _, irregular in parts)


COLLECTED = _words("""
marble, sticker, stamp, shell, bead, button, badge, magnet, postcard, poster, feather, pebble, crystal, ribbon,
balloon, doll, puzzle, block, toy car, toy train, comic, coin, medal, token, ticket, charm, pin, card, photo,
bottle cap, acorn, pine cone, fossil, whistle, yo-yo, robot, dinosaur, teddy bear, spinning top, bracelet
""")
STATIONERY = _words("""
pencil, pen, eraser, crayon, marker, notebook, folder, envelope, ruler, paper clip, rubber band, sheet of
paper|sheets of paper, glue stick, bookmark, label, candle, match, straw, napkin, paper plate, paper bag
""")
FRUITS = _words("""
apple, pear, orange, lemon, lime, plum, peach, fig, mango|mangoes, banana, kiwi, apricot, nectarine, melon, cherry,
strawberry, blueberry, raspberry, coconut, papaya, pumpkin, tomato|tomatoes, potato|potatoes, carrot, onion, pepper,
cucumber, radish, turnip, cabbage, mushroom, olive, walnut, almond, hazelnut, peanut, chestnut, avocado
""")
BAKED = _words("""
cookie, muffin, cupcake, brownie, pancake, waffle, pie, tart, cake, bun, roll, bagel, pretzel, donut, scone, biscuit,
sandwich, dumpling, croissant, cracker, pizza, loaf of bread|loaves of bread
""")
SWEETS = _words("candy, lollipop, chocolate, gumdrop, mint, caramel, jelly bean, marshmallow, toffee")
FLOWERS = _words("""
rose, tulip, daisy, lily, sunflower, daffodil, violet, orchid, poppy, carnation, peony, bluebell, marigold
""")
SOLD = _words("""
mug, cup, plate, bowl, spoon, fork, towel, pillow, scarf|scarves, hat, belt, brush, soap, basket, vase, frame,
T-shirt, sock, glove, cap, book, magazine, plant, jar of honey|jars of honey, bottle of juice|bottles of juice, bag of
rice|bags of rice, can of soup|cans of soup, box of tea|boxes of tea, toy boat, keychain, mask, lantern, paintbrush
""")
GADGETS = _words("""
bike, helmet, backpack, jacket, watch, camera, guitar, tent, skateboard, scooter, lamp, drum, flute, tennis racket,
football, basketball, board game, telescope, radio, clock, chair, mirror, blanket, coat, umbrella, kite, suitcase,
fishing rod, phone case, video game, sled, violin, desk, keyboard
""")

HELD = COLLECTED + STATIONERY + FRUITS + BAKED + SWEETS + FLOWERS
PRICED = COLLECTED + STATIONERY + FRUITS + BAKED + SOLD
ALL = HELD + SOLD + GADGETS

CONTAINERS = _words("box, bag, jar, basket, pack, tin, bucket, crate")
COLORS = ("red", "blue", "green", "yellow", "white", "black", "orange", "purple", "pink", "brown")
OPPOSITES = (("large", "small"), ("new", "old"), ("heavy", "light"), ("thick", "thin"), ("plain", "striped"))
