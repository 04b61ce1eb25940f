"""LiveKit Agents (Python) with the delays of `npm run bench -- tail`, in real time: the same turns, voices and draws.

  python -m venv venv && venv/bin/pip install livekit-agents==1.8.9
  npm run bench -- tail            (once: it renders the callers' sentences)
  venv/bin/python bench/tail/livekit_agents.py --turns 400 --at-once 10

Prints one line of JSON: ms from the caller's last word to the agent's first frame, p50, p90, p95. Its own voice
activity detection, with a recogniser that streams. `--settings default` is its turn detection as it comes, whose model
does not take every synthetic sentence for finished; `vad` its default settings where silence alone decides; `quick` the
same with our wait of 0.3 s, and speech prepared as early as the answer.
"""

import argparse
import asyncio
import hashlib
import json
import logging
import math
import pathlib
import re
import time

import numpy as np
from livekit import rtc
from livekit.agents import Agent, AgentSession, inference, llm, stt, tts
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS, NOT_GIVEN
from livekit.agents.voice import io

HERE = pathlib.Path(__file__).parent
WARM_UP = 60
RATE = 8000
FRAME_MS = 20
BEFORE_MS = 1500
PATIENCE_S = 20
TOKEN_S = 0.020
MS_PER_TOKEN = 130
M32 = 0xFFFFFFFF


def list_in(file: str, name: str) -> list[str]:
    """The texts of a list in one of the bench's own files."""
    body = re.search(rf"const {name}[^=]*= \[(.*?)\];", (HERE / file).read_text(), re.S)
    return re.findall(r"'([^'\n]*)'", body.group(1))


CALLER_SAYS = list_in("tail.ts", "CALLER_SAYS")
ANSWERS = list_in("providers.ts", "ANSWERS")
TAIL = {
    name: (int(median), int(p95))
    for name, median, p95 in re.findall(
        r"(\w+): \{ median: (\d+), p95: (\d+) \}", (HERE / "delays.ts").read_text()
    )
}


class Random:
    """mulberry32, as in test/support/random.ts."""

    def __init__(self, seed: int):
        self.state = seed & M32

    def next(self) -> float:
        self.state = (self.state + 0x6D2B79F5) & M32
        t = self.state
        t = ((t ^ (t >> 15)) * (t | 1)) & M32
        t ^= (t + ((t ^ (t >> 7)) * (t | 61) & M32)) & M32
        return ((t ^ (t >> 14)) & M32) / 4294967296

    def pick(self, items):
        return items[int(self.next() * len(items))]


def drawer(name: str, seed: int):
    median, p95 = TAIL[name]
    random, sigma = Random(seed), math.log(p95 / median) / 1.6449

    def draw() -> float:
        normal = math.sqrt(-2 * math.log(1 - random.next())) * math.cos(2 * math.pi * random.next())
        return median * math.exp(sigma * normal) / 1000

    return draw


def clip(text: str) -> np.ndarray:
    name = hashlib.sha256(f"1|flite-rms|{text}".encode()).hexdigest()[:24]
    return np.fromfile(HERE.parent.parent / ".cache" / "corpus" / f"{name}.raw", dtype="<i2")


SETTINGS = {
    "default": {},
    "vad": {"turn_detection": "vad"},
    "quick": {
        "turn_detection": "vad",
        "endpointing": {"min_delay": 0.3},
        "preemptive_generation": {"enabled": True, "preemptive_tts": True},
    },
}


class Turn:
    """One call of one turn."""

    def __init__(self, number: int):
        random = Random(number * 7919 + 1)
        self.text, self.answer = random.pick(CALLER_SAYS), random.pick(ANSWERS)
        self.pcm = clip(self.text)
        self.draw = {
            "speechToText": drawer("speechToText", number * 31 + 1),
            "firstToken": drawer("firstToken", number * 31 + 2),
            "firstAudio": drawer("firstAudio", number * 31 + 3),
        }
        self.said_at = math.inf
        self.requests = 0
        self.first_frame = asyncio.get_event_loop().create_future()


class Caller(io.AudioInput):
    def __init__(self, turn: Turn):
        super().__init__(label="caller")
        self.turn, self.began, self.sent = turn, None, 0
        self.noise = np.random.default_rng(1)

    async def __anext__(self) -> rtc.AudioFrame:
        now = time.perf_counter()
        if self.began is None:
            self.began = now
            self.turn.said_at = now + BEFORE_MS / 1000 + len(self.turn.pcm) / RATE
        self.sent += 1
        await asyncio.sleep(max(0, self.began + self.sent * FRAME_MS / 1000 - now))
        size = RATE * FRAME_MS // 1000
        at = (self.sent - 1) * size - BEFORE_MS * RATE // 1000
        frame = self.noise.integers(-8, 9, size).astype(np.int16)
        part = self.turn.pcm[max(0, at) : max(0, at + size)]
        start = max(0, -at) if at < 0 < at + size else 0
        if at + size > 0:
            frame[start : start + len(part)] += part
        return rtc.AudioFrame(frame.tobytes(), RATE, 1, size)


class Far(io.AudioOutput):
    def __init__(self, turn: Turn):
        super().__init__(label="far", capabilities=io.AudioOutputCapabilities(pause=False), sample_rate=RATE)
        self.turn = turn

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        await super().capture_frame(frame)
        if not self.turn.first_frame.done():
            self.turn.first_frame.set_result(time.perf_counter())

    def flush(self) -> None:
        super().flush()
        self.on_playback_finished(playback_position=0, interrupted=False)

    def clear_buffer(self) -> None:
        pass


class Ear(stt.STT):
    def __init__(self, turn: Turn):
        super().__init__(capabilities=stt.STTCapabilities(streaming=True, interim_results=True))
        self.turn = turn

    async def _recognize_impl(self, *_args, **_named):
        raise NotImplementedError

    def stream(self, *, language=NOT_GIVEN, conn_options=DEFAULT_API_CONNECT_OPTIONS):
        return EarStream(stt=self, conn_options=conn_options)


class EarStream(stt.RecognizeStream):
    async def _run(self) -> None:
        turn: Turn = self._stt.turn
        lag, told, words = turn.draw["speechToText"](), 0, turn.text.split(" ")

        def tell(kind, text: str) -> None:
            self._event_ch.send_nowait(
                stt.SpeechEvent(type=kind, alternatives=[stt.SpeechData(language="en", text=text, confidence=1.0)])
            )

        async for _frame in self._input_ch:
            length = len(turn.pcm) / RATE
            past = (time.perf_counter() - lag - (turn.said_at - length)) / length
            known = min(len(words), int(len(words) * past))
            if known > told and told >= 0:
                told = known
                tell(stt.SpeechEventType.INTERIM_TRANSCRIPT, " ".join(words[:known]))
            if past >= 1 and told >= 0:
                told = -1
                tell(stt.SpeechEventType.FINAL_TRANSCRIPT, turn.text)


class Mind(llm.LLM):
    def __init__(self, turn: Turn):
        super().__init__()
        self.turn = turn

    def chat(self, *, chat_ctx, tools=None, conn_options=DEFAULT_API_CONNECT_OPTIONS, **_named):
        return MindStream(self, chat_ctx=chat_ctx, tools=tools or [], conn_options=conn_options)


class MindStream(llm.LLMStream):
    async def _run(self) -> None:
        turn: Turn = self._llm.turn
        turn.requests += 1
        await asyncio.sleep(turn.draw["firstToken"]())
        for token in re.split(r"(?= )", turn.answer):
            self._event_ch.send_nowait(
                llm.ChatChunk(id="a", delta=llm.ChoiceDelta(role="assistant", content=token))
            )
            await asyncio.sleep(TOKEN_S)


class Voice(tts.TTS):
    def __init__(self, turn: Turn):
        super().__init__(capabilities=tts.TTSCapabilities(streaming=False), sample_rate=RATE, num_channels=1)
        self.turn = turn

    def synthesize(self, text, *, conn_options=DEFAULT_API_CONNECT_OPTIONS):
        return VoiceStream(tts=self, input_text=text, conn_options=conn_options)


class VoiceStream(tts.ChunkedStream):
    async def _run(self, output: tts.AudioEmitter) -> None:
        turn: Turn = self._tts.turn
        output.initialize(request_id="a", sample_rate=RATE, num_channels=1, mime_type="audio/pcm")
        await asyncio.sleep(turn.draw["firstAudio"]())
        ms = MS_PER_TOKEN * len(self._input_text.split())
        sound = 4000 * np.sin(2 * np.pi * 220 * np.arange(RATE * ms // 1000) / RATE)
        output.push(sound.astype(np.int16).tobytes())
        output.flush()


async def one(number: int, settings: dict) -> tuple[float | None, int]:
    turn = Turn(number)
    session = AgentSession(
        vad=inference.VAD(),
        stt=Ear(turn),
        llm=Mind(turn),
        tts=Voice(turn),
        **({"turn_handling": settings} if settings else {}),
    )
    session.input.audio, session.output.audio = Caller(turn), Far(turn)
    await session.start(Agent(instructions="You help."))
    try:
        at = await asyncio.wait_for(turn.first_frame, PATIENCE_S)
        return (at - turn.said_at) * 1000, turn.requests
    except asyncio.TimeoutError:
        return None, turn.requests
    finally:
        await session.aclose()


async def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--turns", type=int, default=400)
    options.add_argument("--at-once", type=int, default=10)
    options.add_argument("--settings", choices=SETTINGS, default="vad")
    given = options.parse_args()
    logging.disable(logging.WARNING)
    left = iter(range(WARM_UP, WARM_UP + given.turns))
    heard: list[tuple[float | None, int]] = []

    async def line() -> None:
        for number in left:
            heard.append(await one(number, SETTINGS[given.settings]))

    await asyncio.gather(*(line() for _ in range(given.at_once)))
    ms = sorted(one for one, _ in heard if one is not None)
    at = [round(ms[max(0, math.ceil(share * len(ms)) - 1)]) for share in (0.5, 0.9, 0.95)]
    print(
        json.dumps(
            {
                "settings": given.settings,
                "turns": given.turns,
                "unanswered": given.turns - len(ms),
                "firstFrameMs": at,
                "requestsPerTurn": round(sum(n for _, n in heard) / given.turns, 2),
            }
        )
    )


asyncio.run(main())
