"""From a recipe to a run that can take steps."""

from dataclasses import dataclass

from torch import nn
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from generator.self_sampling.buffers import Buffers
from generator.self_sampling.evaluation import Evaluation, load_evaluation
from generator.self_sampling.order import Order
from generator.self_sampling.problems import TrainingProblem, load_training_problems, owner
from generator.self_sampling.recipe import SelfSamplingRecipe
from generator.self_sampling.tokens import Tokens
from reasoning.errors import InputError
from reasoning.tokenizer import load_tokenizer
from reasoning.training.engine import Engine
from reasoning.training.models import base_model, context_length
from reasoning.training.processes import Place
from reasoning.training.run_folder import RunFolder
from reasoning.training.start import model_to_train, start_engine


@dataclass(frozen=True)
class Run:
    """What the parts of one run share.

    Attributes:
        base: the model as transformers has it; adapters are put into it.
        output_layer: its last layer.
        engine: what is trained.
        problems: of all processes.
        buffers: of this process's problems.
        num_steps: of the whole run.
    """

    recipe: SelfSamplingRecipe
    folder: RunFolder
    place: Place
    tokenizer: PreTrainedTokenizerBase
    base: PreTrainedModel
    output_layer: nn.Module
    engine: Engine
    problems: list[TrainingProblem]
    buffers: Buffers
    tokens: Tokens
    order: Order
    num_steps: int
    evaluation: Evaluation | None

    def is_own(self, problem: TrainingProblem) -> bool:
        return owner(problem.id, self.place.num_ranks) == self.place.rank


def prepare(recipe: SelfSamplingRecipe, folder: RunFolder, place: Place) -> Run:
    """Read the data and make the model, as they are before the first step.

    Raises:
        InputError: the recipe's files, model or settings are not what they must be.
    """
    evaluation = None if recipe.evaluation is None else load_evaluation(recipe.evaluation, recipe.solutions)
    assert recipe.model.from_ is not None
    tokenizer = load_tokenizer(recipe.model.from_)
    base = base_model(recipe.model, tokenizer, seed=recipe.seed)
    tokens = Tokens(tokenizer, max_tokens=context_length(base))
    problems = load_training_problems(recipe, apart_from=evaluation.problems if evaluation else ())
    problems = [problem for problem in problems if tokens.pairs(problem, [problem.reference], [])]
    buffers = _buffers(recipe, problems, place)
    size = sum(parameter.numel() for parameter in base.parameters())
    place.say(f"{len(problems):,} problems whose reference comes to the expected answer; {size:,} parameters")
    order = Order(len(problems), recipe.batch.problems, recipe.seed)
    model = model_to_train(base, run=recipe.run, lora=recipe.lora, seed=recipe.seed)
    return Run(
        recipe=recipe,
        folder=folder,
        place=place,
        tokenizer=tokenizer,
        base=base,
        output_layer=base.get_output_embeddings(),  # type: ignore[no-untyped-call]
        engine=start_engine(model, optimizer=recipe.optimizer, run=recipe.run, place=place),
        problems=problems,
        buffers=buffers,
        tokens=tokens,
        order=order,
        num_steps=order.num_steps(recipe.run),
        evaluation=evaluation,
    )


def _buffers(recipe: SelfSamplingRecipe, problems: list[TrainingProblem], place: Place) -> Buffers:
    own = [problem for problem in problems if owner(problem.id, place.num_ranks) == place.rank]
    if not own:
        raise InputError(
            f"{recipe.data.path}: expected problems for each of {place.num_ranks} processes, found {len(problems)} "
            "that fit the model's context; take more problems or fewer processes"
        )
    buffers = Buffers(own, kind=recipe.solutions, with_partial=recipe.partial)
    if recipe.buffers is not None:
        num_new = buffers.add_file(recipe.buffers)
        place.say(f"{recipe.buffers}: {num_new:,} solutions to start with")
    return buffers
