"""Three NATS servers, every stream on each: one that is killed, and comes back, is nobody's business."""

import asyncio
import json

import pytest
from counted import each_once, settled, tell, working
from kinds import NatsKind, nats_server

from local.embedded import free_port
from local.nats_server import NatsServer


class Member(NatsServer):
    """One server of a cluster."""

    def __init__(self, directory, name, port, cluster_port, routes):
        super().__init__(directory, port)
        self.member = name
        self._cluster = {"name": "three", "port": cluster_port, "listen": f"127.0.0.1:{cluster_port}", "routes": routes}

    def prepare(self):
        super().prepare()
        path = self.directory / "nats.conf"
        settings = json.loads(path.read_text())
        path.write_text(json.dumps({**settings, "server_name": self.member, "cluster": self._cluster}))


class Cluster:
    """`url` names all members."""

    def __init__(self, members):
        self.members = members

    @property
    def url(self):
        return ",".join(member.url for member in self.members)


@pytest.fixture
def cluster(tmp_path):
    nats_server()
    ports = [free_port() for _ in range(6)]
    routes = [f"nats://127.0.0.1:{port}" for port in ports[:3]]
    members = [
        Member(tmp_path / f"n{number}", f"n{number}", ports[3 + number], ports[number], routes) for number in range(3)
    ]
    try:
        for member in members:
            member.start()
        yield Cluster(members)
    finally:
        for member in members:
            member.stop()


@pytest.fixture
def settings_overrides():
    return {"claim_idle_ms": 500, "max_deliveries": 3, "broker_replicas": 3}


async def _leader(cluster):
    kind = NatsKind(cluster.url)
    try:
        js = await kind.broker.line.jetstream()
        info = await js.stream_info("sample")
        assert info.config.num_replicas == 3
        return next(member for member in cluster.members if member.member == info.cluster.leader)
    finally:
        await kind.broker.close()


async def test_the_leader_of_the_stream_is_killed(settings, database, cluster):
    async with working(settings, database, cluster, processes=2):
        await tell(database, 20)
        await each_once(database, 20)
        leader = await _leader(cluster)
        leader.kill()
        await tell(database, 20)
        await each_once(database, 40)
        await asyncio.to_thread(leader.start)
        await tell(database, 20)
        await each_once(database, 60)
        assert await settled(cluster) == 60
