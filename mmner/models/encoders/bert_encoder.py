from collections.abc import Callable
from copy import copy

from mmengine.model import BaseModule
from torch import Tensor, nn

from mmner.models.encoders.inference_bert import InferenceBertLayer
from mmner.models.encoders.pretrained import load_pretrained, read_encoder_arguments
from mmner.models.layers import ACTIVATIONS, Dropout, PackedSelfAttention, SequenceLayout
from mmner.registry import MODELS
from mmner.structures import PackedBatch
from mmner.utils import InputError


class BertEmbeddings(nn.Module):
    """Word, position and token type vectors, summed and normalised; projected when they are not H wide."""

    def __init__(self, *, vocab_size: int, embedding_size: int, hidden_size: int, num_positions: int,
                 first_position: int, num_token_types: int, layer_norm_eps: float, dropout: float):
        super().__init__()
        self.first_position = first_position
        self.word = nn.Embedding(vocab_size, embedding_size)
        self.position = nn.Embedding(num_positions, embedding_size)
        self.token_type = nn.Embedding(num_token_types, embedding_size)
        self.norm = nn.LayerNorm(embedding_size, eps=layer_norm_eps)
        self.dropout = Dropout(dropout)
        self.projection = nn.Identity() if embedding_size == hidden_size else nn.Linear(embedding_size, hidden_size)

    def forward(self, input_ids: Tensor, position_ids: Tensor, token_types: Tensor | None = None) -> Tensor:
        """Three (T,) to (T, H). Without types every token is of type 0: a text is one segment."""
        if token_types is not None and self.token_type.num_embeddings < 2:
            raise InputError('pairs of texts need an encoder with two token types, and this has one; take another, or '
                             'leave NextSentenceDataset and its head out')
        of_type = self.token_type.weight[0] if token_types is None else self.token_type(token_types)
        vectors = self.word(input_ids) + self.position(position_ids + self.first_position) + of_type
        return self.projection(self.dropout(self.norm(vectors)))


class BertLayer(nn.Module):
    """Self-attention and feed-forward, each added to its input and normalised after."""

    def __init__(self, *, hidden_size: int, num_heads: int, intermediate_size: int, activation: str,
                 layer_norm_eps: float, hidden_dropout: float, attention_dropout: float, attention_backend: str):
        super().__init__()
        self.attention = PackedSelfAttention(
            hidden_size=hidden_size, num_heads=num_heads, dropout=attention_dropout, backend=attention_backend)
        self.attention_norm = nn.LayerNorm(hidden_size, eps=layer_norm_eps)
        self.intermediate = nn.Linear(hidden_size, intermediate_size)
        self.activation = activation
        self.output = nn.Linear(intermediate_size, hidden_size)
        self.output_norm = nn.LayerNorm(hidden_size, eps=layer_norm_eps)
        self.dropout = Dropout(hidden_dropout)

    def forward(self, hidden: Tensor, layout: SequenceLayout) -> Tensor:
        """(T, H) to (T, H)."""
        hidden = self.attention_norm(hidden + self.dropout(self.attention(hidden, layout)))
        widened = ACTIVATIONS[self.activation](self.intermediate(hidden))                    # (T, intermediate)
        return self.output_norm(hidden + self.dropout(self.output(widened)))


@MODELS.register_module()
class BertEncoder(BaseModule):
    """The BERT family over packed sequences: BERT, RoBERTa-wwm, MacBERT, ELECTRA, ALBERT, XLM-R, E5.

    The defaults are BERT-base Chinese. Sources: https://arxiv.org/abs/1810.04805 (BERT),
    https://arxiv.org/abs/1909.11942 (ALBERT: `embedding_size`, `shared_layers`), https://arxiv.org/abs/2003.10555
    (ELECTRA: `embedding_size`), https://arxiv.org/abs/1911.02116 (XLM-R: `first_position=2`, one token type).

    Args:
        vocab_size (int): Rows of the word embedding.
        hidden_size (int): H.
        num_layers (int): Transformer layers.
        num_heads (int): Attention heads; divides H.
        intermediate_size (int): Width of the feed-forward.
        max_length (int): Longest sequence, in tokens.
        first_position (int): Row of the first token in the position embedding.
        num_token_types (int): Rows of the token type embedding; a text alone uses the first.
        embedding_size (int, optional): Width of the embeddings where it differs from H.
        shared_layers (bool): All layers are one and the same.
        activation (str): 'gelu' (by erf), 'gelu_tanh' or 'relu'.
        layer_norm_eps (float): Epsilon of every LayerNorm.
        hidden_dropout (float): Probability of zeroing a hidden value.
        attention_dropout (float): Probability of zeroing an attention weight.
        attention_backend (str): See `mmner.models.layers.packed_attention`.
        init_cfg (dict, optional): `dict(type='Pretrained', checkpoint=...)` loads a Hugging Face folder, file or URL,
            MMOCR's `bert_pretrain.pth` or the encoder of a checkpoint of mmner; every weight must be there and fit.
    """

    def __init__(self, *, vocab_size: int = 21128, hidden_size: int = 768, num_layers: int = 12, num_heads: int = 12,
                 intermediate_size: int = 3072, max_length: int = 512, first_position: int = 0,
                 num_token_types: int = 2, embedding_size: int | None = None, shared_layers: bool = False,
                 activation: str = 'gelu', layer_norm_eps: float = 1e-12, hidden_dropout: float = 0.1,
                 attention_dropout: float = 0.1, attention_backend: str = 'auto', init_cfg: dict | None = None):
        super().__init__(init_cfg=init_cfg)
        if activation not in ACTIVATIONS:
            raise InputError(f'activation {activation!r} is none of {", ".join(ACTIVATIONS)}')
        if init_cfg and (init_cfg.get('type') != 'Pretrained' or init_cfg.keys() != {'type', 'checkpoint'}):
            raise InputError(f"encoder.init_cfg={dict(init_cfg)!r:.80} is not dict(type='Pretrained', checkpoint=...); "
                             'correct it, or leave it out for N(0, 0.02)')
        self.hidden_size = hidden_size
        self.max_length = max_length
        self.architecture = dict(       # what the shapes of the weights do not tell
            num_heads=num_heads, first_position=first_position, shared_layers=shared_layers, activation=activation,
            layer_norm_eps=layer_norm_eps)
        self.embeddings = BertEmbeddings(
            vocab_size=vocab_size, embedding_size=embedding_size or hidden_size, hidden_size=hidden_size,
            num_positions=max_length + first_position, first_position=first_position,
            num_token_types=num_token_types, layer_norm_eps=layer_norm_eps, dropout=hidden_dropout)
        self.passes = num_layers if shared_layers else 1
        self.layers = nn.ModuleList(BertLayer(
            hidden_size=hidden_size, num_heads=num_heads, intermediate_size=intermediate_size, activation=activation,
            layer_norm_eps=layer_norm_eps, hidden_dropout=hidden_dropout, attention_dropout=attention_dropout,
            attention_backend=attention_backend) for _ in range(1 if shared_layers else num_layers))

    def forward(self, batch: PackedBatch) -> Tensor:
        """A packed batch to (T, H), a vector for each token."""
        if batch.max_seqlen > self.max_length:
            longest = self.max_length if batch.token_types is None else (self.max_length + 1) // 2     # of a pair
            raise InputError(f'a sequence of {batch.max_seqlen} tokens, but the encoder reads {self.max_length}; '
                             f'set max_length={longest} in Tokenize')
        num_words = self.embeddings.word.num_embeddings
        if batch.max_id >= num_words:           # on CUDA the look-up would end the process without a word
            raise InputError(f'token id {batch.max_id}, but the encoder has {num_words} words; give the tokenizer the '
                             'vocabulary that the encoder was made with, or change vocab_size')
        layout = SequenceLayout(batch.cu_seqlens, batch.max_seqlen, len(batch.input_ids))
        hidden = self.embeddings(batch.input_ids, batch.position_ids, batch.token_types)
        for _ in range(self.passes):
            for layer in self.layers:
                hidden = layer(hidden, layout)
        return hidden

    def for_inference(self, linear: Callable[..., nn.Module]) -> nn.Module:
        """This encoder for testing alone, with layers of `linear`; embeddings and norms are the same objects."""
        encoder = copy(self)
        encoder._modules = self._modules | dict(
            layers=nn.ModuleList(InferenceBertLayer(layer, linear) for layer in self.layers))
        return encoder

    def init_weights(self) -> None:
        """Load the pretrained weights that `init_cfg` names, else draw from N(0, 0.02) as BERT does."""
        if self.init_cfg:
            load_pretrained(self, self.init_cfg['checkpoint'])
        else:
            self.apply(init_bert_weights)
        self._is_init = True


def init_bert_weights(module: nn.Module) -> None:
    if isinstance(module, (nn.Linear, nn.Embedding)):
        nn.init.normal_(module.weight, std=0.02)
    if isinstance(module, nn.Linear):
        nn.init.zeros_(module.bias)


@MODELS.register_module()
def PretrainedBertEncoder(*, checkpoint: str, **overrides) -> BertEncoder:
    """A BertEncoder whose sizes come from the `config.json` beside its weights.

    Args:
        checkpoint (str): Folder, file or URL of Hugging Face weights with their `config.json`.
        overrides: Arguments of BertEncoder that take the place of what the file says, such as `hidden_dropout`, or of
            its weights, as `init_cfg`.
    """
    weights = dict(type='Pretrained', checkpoint=checkpoint)
    return BertEncoder(**read_encoder_arguments(checkpoint) | dict(init_cfg=weights) | overrides)
