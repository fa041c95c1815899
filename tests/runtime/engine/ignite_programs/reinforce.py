"""A policy that learns to walk to the right: episodes are epochs, time steps are iterations."""

import torch
from ignite.engine import Engine, EventEnum, Events
from ignite.utils import manual_seed
from torch import nn


class EpisodeEvents(EventEnum):
    """An episode, in its own words."""

    EPISODE_STARTED = "episode_started"
    EPISODE_COMPLETED = "episode_completed"


class Corridor:
    """Five places in a row; the last one is the goal."""

    def reset(self):
        """Back to the start."""
        self.place = 0
        return self._observe()

    def step(self, action):
        """Goes left or right."""
        self.place = max(0, self.place + (1 if action == 1 else -1))
        return self._observe(), 1.0 if self.place == 4 else -0.1, self.place == 4

    def _observe(self):
        return nn.functional.one_hot(torch.tensor(min(self.place, 4)), 5).float()


def main(folder):
    """Trains until episodes are short, and says how long each was."""
    manual_seed(5)
    env, policy = Corridor(), nn.Linear(5, 2)
    optimizer = torch.optim.Adam(policy.parameters(), lr=0.1)

    def run_single_timestep(engine, timestep):
        choice = torch.distributions.Categorical(logits=policy(engine.state.observation))
        action = choice.sample()
        engine.state.log_probs.append(choice.log_prob(action))
        engine.state.observation, reward, done = env.step(action.item())
        engine.state.rewards.append(reward)
        if done:
            engine.terminate_epoch()

    trainer = Engine(run_single_timestep)
    trainer.register_events(*EpisodeEvents, event_to_attr={EpisodeEvents.EPISODE_COMPLETED: "episodes"})
    lengths, seen = [], []

    @trainer.on(Events.STARTED)
    def initialize(engine):
        engine.state.running_length = 20.0

    @trainer.on(Events.EPOCH_STARTED)
    def reset_environment(engine):
        engine.state.observation = env.reset()
        engine.state.log_probs, engine.state.rewards = [], []
        engine.fire_event(EpisodeEvents.EPISODE_STARTED)

    @trainer.on(Events.EPOCH_COMPLETED)
    def update_model(engine):
        returns, total = [], 0.0
        for reward in reversed(engine.state.rewards):
            total = reward + 0.95 * total
            returns.insert(0, total)
        loss = -(torch.stack(engine.state.log_probs) * torch.tensor(returns)).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        lengths.append(len(returns))
        engine.state.running_length = 0.8 * engine.state.running_length + 0.2 * len(returns)
        engine.state.episodes += 1
        engine.fire_event(EpisodeEvents.EPISODE_COMPLETED)

    @trainer.on(EpisodeEvents.EPISODE_COMPLETED(every=10))
    def log_episode(engine):
        seen.append((engine.state.epoch, round(engine.state.running_length, 3)))

    @trainer.on(Events.EPOCH_COMPLETED)
    def should_finish_training(engine):
        if engine.state.running_length < 4.6:
            engine.should_terminate = True

    trainer.run(range(40), max_epochs=60)
    return {"lengths": lengths, "seen": seen, "episodes": trainer.state.epoch}
