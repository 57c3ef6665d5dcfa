// SPDX-License-Identifier: Apache-2.0

package hosting

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"carescan/scanner"
	"carescan/scanner/probes/internal/yamlfile"
	"carescan/scanner/settings"
)

const (
	maxApplications = 500
	maxList         = 50  // endpoints, links or networks of one thing
	maxText         = 200 // characters of one text
)

// register is the file as written.
type register struct {
	AsOf         yamlfile.Day  `yaml:"as_of"`
	Applications []application `yaml:"applications"`
}

// application is one entry of the register.
type application struct {
	ID         cell   `yaml:"id"`
	Name       cell   `yaml:"name"`
	Mode       cell   `yaml:"mode"`
	HealthData *bool  `yaml:"health_data"` // asked for: forgetting it must not exempt
	Activities []int  `yaml:"activities"`
	Endpoints  []cell `yaml:"endpoints"`
	Chain      []link `yaml:"chain"`
}

// link is one provider of the chain.
type link struct {
	Provider    cell         `yaml:"provider"`
	Role        cell         `yaml:"role"`
	Activities  []int        `yaml:"activities"`
	ASNs        []network    `yaml:"asns"`
	Certificate *certificate `yaml:"certificate"`
}

// certificate is a certificate of health data hosting.
type certificate struct {
	Number     cell         `yaml:"number"`
	Body       cell         `yaml:"body"`
	Version    cell         `yaml:"version"`
	Activities []int        `yaml:"activities"`
	Issued     yamlfile.Day `yaml:"issued"`
	Expires    yamlfile.Day `yaml:"expires"`
}

// cell is one value and the line it stands on.
type cell struct {
	text string
	line int
}

// UnmarshalYAML keeps the line of the value.
func (c *cell) UnmarshalYAML(node *yaml.Node) error {
	c.text, c.line = strings.TrimSpace(node.Value), node.Line
	if node.Kind != yaml.ScalarNode || utf8.RuneCountInString(c.text) > maxText {
		return settings.InFile(node.Line,
			fmt.Sprintf("une valeur d'au plus %d caractères est attendue ici", maxText),
			fmt.Sprintf("one value of at most %d characters is expected here", maxText))
	}
	return nil
}

// network is the number of an autonomous system, written bare or as people call
// it: AS64500 (RFC 5396 section 1).
type network uint32

// UnmarshalYAML reads the number.
func (n *network) UnmarshalYAML(node *yaml.Node) error {
	text := strings.TrimSpace(node.Value)
	if len(text) > 2 && strings.EqualFold(text[:2], "AS") {
		text = strings.TrimSpace(text[2:])
	}
	number, err := strconv.ParseUint(text, 10, 32)
	if err != nil || node.Kind != yaml.ScalarNode {
		return settings.InFile(node.Line,
			"un numéro de réseau (AS) est attendu, comme 64500 ou AS64500", "the number of a network (AS) is expected, such as 64500 or AS64500")
	}
	*n = network(number)
	return nil
}

// read returns the register and the digest of its bytes.
func read(path string) (register, string, error) {
	data, err := yamlfile.Read(path)
	if err != nil {
		return register{}, "", err
	}
	r, err := parse(data)
	return r, scanner.Digest(data), err
}

// parse reads the register; an unknown word is refused, never skipped.
func parse(data []byte) (register, error) {
	var r register
	needed := scanner.Text{FR: "as_of et applications sont nécessaires", EN: "as_of and applications are needed"}
	if err := yamlfile.Decode(data, &r, needed); err != nil {
		return register{}, err
	}
	if faults := r.validate(); len(faults) > 0 {
		return register{}, faults
	}
	return r, nil
}
