"""compose.yaml and Dockerfile, as far as they can be checked without a container engine.

Usage: container_files_test.py PATH_OF_ANNALS. The compose file goes through docker compose's own schema; what it
promises (health checks, pinned images, no published database) and what the Dockerfile installs is compared with the
build's package list and with the libraries that the program loads.
"""

import pathlib
import re
import subprocess
import sys
import unittest
import xml.etree.ElementTree as ElementTree

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BASE_PACKAGES = {"libc6", "libgcc-s1"}  # what debian:12-slim has
ANNALS = ""


def compose_command():
    """`docker compose` where the plugin is there, else Debian's docker-compose; both validate without an engine."""
    plugin = ["docker", "compose"]
    try:
        if subprocess.run(plugin + ["version"], capture_output=True, check=False).returncode == 0:
            return plugin
    except FileNotFoundError:
        pass
    return ["docker-compose"]


def installed_by(stage):
    """The packages that one stage of the Dockerfile installs."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    found = re.search(r"apt-get install -y --no-install-recommends ([^&]*)", text.split("\nFROM ")[stage + 1])
    return set(found[1].split())


def package_of(path):
    """The package of a library; dpkg knows it below /lib or below /usr/lib, which are one directory."""
    inside = path.removeprefix("/usr")
    for name in (inside, "/usr" + inside):
        owner = subprocess.run(["dpkg", "-S", name], capture_output=True, text=True, check=False).stdout
        if owner:
            return owner.split(":")[0]
    raise AssertionError(f"no package has {path}")


class ContainerFiles(unittest.TestCase):
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))

    def test_compose_accepts_the_file(self):
        command = compose_command() + ["-f", "compose.yaml", "config", "-q"]
        made = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        self.assertEqual(made.returncode, 0, made.stderr)

    def test_every_server_has_a_health_check(self):
        servers = {name for name, service in self.compose["services"].items() if service["restart"] != "no"}
        self.assertEqual(servers, {"postgres", "kafka", "annals"})
        for name in servers:
            self.assertTrue(self.compose["services"][name]["healthcheck"]["test"], name)

    def test_who_waits_for_whom(self):
        services = self.compose["services"]
        self.assertEqual(services["migrate"]["depends_on"], {"postgres": {"condition": "service_healthy"}})
        self.assertEqual(
            services["annals"]["depends_on"],
            {"migrate": {"condition": "service_completed_successfully"}, "kafka": {"condition": "service_healthy"}},
        )

    def test_ports_are_published_on_loopback_only_and_no_database_is(self):
        for name, service in self.compose["services"].items():
            for port in service.get("ports", []):
                self.assertTrue(port.startswith("127.0.0.1:"), f"{name}: {port}")
        self.assertNotIn("ports", self.compose["services"]["postgres"])

    def test_volumes_are_declared(self):
        for name, service in self.compose["services"].items():
            for volume in service.get("volumes", []):
                self.assertIn(volume.split(":")[0], self.compose["volumes"], name)

    def test_the_broker_is_the_one_that_dev_starts(self):
        pom = ElementTree.parse(ROOT / "infra/kafka/broker/pom.xml")
        version = pom.find(".//{*}kafka.version").text
        self.assertEqual(self.compose["services"]["kafka"]["image"], f"apache/kafka:{version}")

    def test_the_image_builds_with_the_packages_of_dev(self):
        script = (
            f"root={ROOT}; source scripts/common.sh; source scripts/packages.sh;"
            "packages_for_release() { boost=libboost1.81-dev postgresql=postgresql-15 java=openjdk-17-jre-headless; };"
            "packages_of build; echo $REPLY"
        )
        made = subprocess.run(["bash", "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
        self.assertEqual(installed_by(0), set(made.stdout.split()))

    def test_the_image_has_every_library_the_program_loads(self):
        release = pathlib.Path("/etc/os-release").read_text(encoding="utf-8")
        if 'VERSION_ID="12"' not in release:
            return  # libraries have other names there, and the image is Debian 12
        loaded = subprocess.run(["ldd", ANNALS], capture_output=True, text=True, check=True).stdout
        direct = subprocess.run(["objdump", "-p", ANNALS], capture_output=True, text=True, check=True).stdout
        needed = re.findall(r"NEEDED\s+(\S+)", direct)
        packages = set()
        for library in needed:
            path = re.search(rf"{re.escape(library)} => (\S+)", loaded)[1]
            packages.add(package_of(path))
        self.assertLessEqual(packages - BASE_PACKAGES, installed_by(1))


if __name__ == "__main__":
    ANNALS = sys.argv.pop(1)
    unittest.main()
