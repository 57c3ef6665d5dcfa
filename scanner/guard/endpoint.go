// SPDX-License-Identifier: Apache-2.0

package guard

import (
	"fmt"
	"net"
	"strconv"
)

func splitEndpoint(network, address string) (host string, port uint16, err error) {
	if transport(network) == "" {
		return "", 0, unknownNetwork(network, address)
	}
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return "", 0, fmt.Errorf("read address %q: %w", address, err)
	}
	number, err := strconv.ParseUint(text, 10, 16)
	if err != nil || number == 0 {
		return "", 0, fmt.Errorf("read port of %q: a number from 1 to 65535 is expected", address)
	}
	return host, uint16(number), nil
}

// transport is "tcp" or "udp", and empty for what the guard does not carry.
func transport(network string) string {
	switch network {
	case "tcp", "tcp4", "tcp6":
		return "tcp"
	case "udp", "udp4", "udp6":
		return "udp"
	}
	return ""
}
