"""From a recipe to a run that can take steps."""

from dataclasses import dataclass

from torch import nn
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from generator.ssft.data import TrainingData, load_data, training_texts
from generator.ssft.recipe import SsftRecipe
from generator.ssft.validation import Validation, load_validation
from reasoning.tokenizer import load_tokenizer
from reasoning.training.bpe import train_bpe
from reasoning.training.checkpoints import whole_folder
from reasoning.training.engine import Engine
from reasoning.training.logits import check_packing
from reasoning.training.models import base_model, context_length
from reasoning.training.plan import Plan
from reasoning.training.processes import Place, wait_for_all
from reasoning.training.run_folder import RunFolder
from reasoning.training.start import model_to_train, num_steps, start_engine


@dataclass(frozen=True)
class Run:
    """What the parts of one run share.

    Attributes:
        base: the model as transformers has it; adapters are put into it.
        output_layer: its last layer.
        engine: what is trained.
        num_steps: of the whole run.
        row_tokens: of a row that several texts are packed into.
    """

    recipe: SsftRecipe
    folder: RunFolder
    place: Place
    tokenizer: PreTrainedTokenizerBase
    base: PreTrainedModel
    output_layer: nn.Module
    engine: Engine
    data: TrainingData
    plan: Plan
    num_steps: int
    row_tokens: int
    validation: Validation | None


def prepare(recipe: SsftRecipe, folder: RunFolder, place: Place) -> Run:
    """Read the data and make the model, as they are before the first step.

    Raises:
        InputError: the recipe's files, model or settings are not what they must be.
    """
    validation = None if recipe.validation is None else load_validation(recipe.validation)
    tokenizer = _tokenizer(recipe, folder, place)
    base = base_model(recipe.model, tokenizer, seed=recipe.seed)
    data = load_data(recipe, tokenizer, context=context_length(base), apart_from=validation)
    size = sum(parameter.numel() for parameter in base.parameters())
    place.say(f"{len(data.examples):,} examples, {len(data.examples.flat):,} tokens; {size:,} parameters")
    if data.too_long.number:
        place.say(f"left out {data.too_long.number:,} longer than the context, the first at {data.too_long.first}")
    row_tokens = context_length(base) or max(data.examples.lengths())
    if recipe.batch.packing:
        check_packing(base, data.examples, width=row_tokens)
    weights = [source.weight for source in recipe.data]
    plan = Plan(data.examples.lengths(), data.sizes, weights, recipe.batch.tokens, recipe.seed)
    model = model_to_train(base, run=recipe.run, lora=recipe.lora, seed=recipe.seed)
    return Run(
        recipe=recipe,
        folder=folder,
        place=place,
        tokenizer=tokenizer,
        base=base,
        output_layer=base.get_output_embeddings(),  # type: ignore[no-untyped-call]
        engine=start_engine(model, optimizer=recipe.optimizer, run=recipe.run, place=place),
        data=data,
        plan=plan,
        num_steps=num_steps(recipe.run, plan),
        row_tokens=row_tokens,
        validation=validation,
    )


def _tokenizer(recipe: SsftRecipe, folder: RunFolder, place: Place) -> PreTrainedTokenizerBase:
    """The model's own one, a given one, or one that is trained once and kept in the run's folder."""
    section = recipe.tokenizer
    name = recipe.model.from_ if section is None else section.from_
    if name is not None:
        return load_tokenizer(name)
    if place.is_first and not folder.tokenizer.exists():
        assert section is not None
        assert section.vocab_size is not None
        trained = train_bpe(training_texts(recipe), section.vocab_size)
        with whole_folder(folder.tokenizer) as part:
            trained.save_pretrained(part)
    wait_for_all(place)
    return load_tokenizer(str(folder.tokenizer))
