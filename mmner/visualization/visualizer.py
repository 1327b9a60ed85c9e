from collections.abc import Sequence
from pathlib import Path
from textwrap import indent

from mmengine.dist import master_only
from mmengine.visualization import TensorboardVisBackend, Visualizer

from mmner.registry import VISUALIZERS
from mmner.structures import NERDataSample
from mmner.visualization.html import to_html
from mmner.visualization.terminal import mark_entities


@VISUALIZERS.register_module()
class NERVisualizer(Visualizer):
    """mmengine's Visualizer that shows samples as an HTML page and, if that backend is there, as text in TensorBoard.

    Text is not drawn as an image: that would need a font for every script.

    Args:
        name (str): Name of the instance.
        vis_backends (list[dict], optional): Configs of mmengine's backends.
        save_dir (str, optional): The run's folder; pages go to `vis_data` in it. None: no page is written.
    """

    def __init__(self, name: str = 'visualizer', *, vis_backends: list[dict] | None = None,
                 save_dir: str | None = None):
        super().__init__(name, vis_backends=vis_backends, save_dir=save_dir)
        self.folder = None if save_dir is None else Path(save_dir, 'vis_data')

    @master_only
    def add_datasamples(self, name: str, data_samples: Sequence[NERDataSample], step: int = 0) -> None:
        """Show samples, their gold beside what was predicted, in `<name>_<step>.html` and under `name` in TensorBoard.

        Args:
            name: Beginning of the file's name, e.g. 'val_epoch'.
            data_samples: With gold `entities` and `predicted`.
            step: The epoch or iteration.
        """
        if self.folder is not None:
            self.folder.mkdir(parents=True, exist_ok=True)
            page = to_html(data_samples, title=f'{name} {step}')
            Path(self.folder, f'{name}_{step}.html').write_text(page, encoding='utf8')
        for backend in self._vis_backends.values():
            if isinstance(backend, TensorboardVisBackend):
                backend.experiment.add_text(name, '\n'.join(map(as_markdown, data_samples)), step)


def as_markdown(sample: NERDataSample) -> str:
    """Gold and prediction, a line each, as a block of code, in which Markdown and HTML mean nothing."""
    labels = sorted({entity.label for entity in (*sample.entities, *sample.predicted)})
    gold, predicted = (mark_entities(sample.text, entities, labels).plain
                       for entities in (sample.entities, sample.predicted))
    block = indent(f'gold       {gold}\npredicted  {predicted}\n', ' ' * 4, lambda line: True)
    return block.encode('utf8', 'backslashreplace').decode('utf8')      # a protocol buffer holds no lone surrogate
