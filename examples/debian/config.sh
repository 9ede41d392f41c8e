#!/bin/bash
set -euo pipefail

systemctl enable systemd-networkd.service
# Nothing here waits for the network, so that the login does not either.
systemctl disable systemd-networkd-wait-online.service
# The first boot makes its own.
: > /etc/machine-id
