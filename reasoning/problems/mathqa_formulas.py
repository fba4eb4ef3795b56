"""MathQA's linear formulas as straight-line programs.

`multiply(n0,const_100)|divide(#0,n1)|` is two steps on the first two numbers of the text: `t0=n0*100`, `answer=t0/n1`.

Source: arXiv:1905.13319, the operations as their names say; the programs' style is MathQA-Python's, arXiv:2108.07732.
"""

import re

from reasoning.problems.conversion import NoProgramError

# operation -> expression of its arguments
OPERATIONS = {
    "add": "{0}+{1}",
    "subtract": "{0}-{1}",
    "multiply": "{0}*{1}",
    "divide": "{0}/{1}",
    "power": "{0}**{1}",
    "negate": "-{0}",
    "inverse": "1/{0}",
    "max": "max({0},{1})",
    "min": "min({0},{1})",
    "reminder": "{0}%{1}",  # as the set writes it
    "sqrt": "math.sqrt({0})",
    "log": "math.log({0})",
    "floor": "math.floor({0})",
    "factorial": "math.factorial(int({0}))",
    "choose": "math.comb(int({0}),int({1}))",
    "permutation": "math.perm(int({0}),int({1}))",
    "gcd": "math.gcd(int({0}),int({1}))",
    "lcm": "math.lcm(int({0}),int({1}))",
    "speed": "{0}/{1}",
    "square_area": "{0}**2",
    "square_perimeter": "4*{0}",
    "square_edge_by_area": "math.sqrt({0})",
    "square_edge_by_perimeter": "{0}/4",
    "rectangle_area": "{0}*{1}",
    "rectangle_perimeter": "2*({0}+{1})",
    "triangle_area": "{0}*{1}/2",
    "triangle_perimeter": "{0}+{1}+{2}",
    "diagonal": "math.sqrt({0}**2+{1}**2)",
    "circle_area": "math.pi*{0}**2",
    "circumface": "2*math.pi*{0}",
    "quadrilateral_area": "{0}*({1}+{2})/2",
    "rhombus_area": "{0}*{1}/2",
    "rhombus_perimeter": "4*{0}",
    "volume_cube": "{0}**3",
    "surface_cube": "6*{0}**2",
    "cube_edge_by_volume": "{0}**(1/3)",
    "volume_rectangular_prism": "{0}*{1}*{2}",
    "surface_rectangular_prism": "2*({0}*{1}+{0}*{2}+{1}*{2})",
    "volume_cylinder": "math.pi*{0}**2*{1}",
    "volume_cone": "math.pi*{0}**2*{1}/3",
    "volume_sphere": "4*math.pi*{0}**3/3",
    "surface_sphere": "4*math.pi*{0}**2",
}
CONSTANTS = {"const_pi": "math.pi", "const_deg_to_rad": "(math.pi/180)"}

_STEP = re.compile(r"([a-z_]+)\(([^()|]*)\)")
_NUMBER = re.compile(r"\d+(?:,\d{3})+(?:\.\d+)?|\d+\.?\d*|\.\d+")
_CONSTANT = re.compile(r"const_(\d+)(?:[._](\d+))?")


def program_of_formula(formula: str, problem: str) -> str:
    """The program of a linear formula; that it gives the right answer is not checked.

    Args:
        formula: steps with `|` behind or between them; their arguments are `n0` (a number of the text, in order),
            `#0` (the result of a step) and `const_100`.
        problem: the text that the numbers are in.

    Raises:
        NoProgramError: an operation or an argument is not known.
    """
    texts = [step.strip() for step in formula.split("|") if step.strip()]
    if not texts:
        raise NoProgramError("without a formula")
    steps = [_step(text, len(_numbers(problem))) for text in texts]
    lines = [f"t{number}={step}" for number, step in enumerate(steps[:-1])] + [f"answer={steps[-1]}"]
    used = {int(number) for step in steps for number in re.findall(r"\bn(\d+)\b", step)}
    inputs = [f"n{number}={value}" for number, value in enumerate(_numbers(problem)) if number in used]
    imports = ["import math"] if any("math." in step for step in steps) else []
    return "\n".join([*imports, *inputs, *lines])


def _step(text: str, num_numbers: int) -> str:
    found = _STEP.fullmatch(text)
    template = OPERATIONS.get(found[1]) if found else None
    if found is None or template is None:
        raise NoProgramError("with an operation that is not known")
    arguments = [_argument(argument.strip(), num_numbers) for argument in found[2].split(",")]
    try:
        return template.format(*arguments)
    except IndexError as error:
        raise NoProgramError("with an operation on too few numbers") from error


def _argument(text: str, num_numbers: int) -> str:
    constant = _CONSTANT.fullmatch(text)
    if constant is not None:
        return constant[1] if constant[2] is None else f"{constant[1]}.{constant[2]}"
    if text in CONSTANTS:
        return CONSTANTS[text]
    if re.fullmatch(r"#\d+", text):
        return f"t{text[1:]}"
    if re.fullmatch(r"n\d+", text) and int(text[1:]) < num_numbers:
        return text
    raise NoProgramError("with an argument that is not known")


def _numbers(problem: str) -> list[str]:
    """The numbers of the text in order, as Python writes them: `1,000` is 1000, `.5` is 0.5."""
    plain = (number.replace(",", "") for number in _NUMBER.findall(problem))
    return [(number if number[0] != "." else f"0{number}").rstrip(".").lstrip("0") or "0" for number in plain]
