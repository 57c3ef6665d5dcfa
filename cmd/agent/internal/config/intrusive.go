// SPDX-License-Identifier: Apache-2.0

package config

import (
	"net/mail"

	"carescan/scanner"
	"carescan/scanner/settings"
)

// Intrusive is the written permission for looks of level P3, and what they need.
type Intrusive struct {
	By        string       `yaml:"by"`
	Reference string       `yaml:"reference"`
	From      settings.Day `yaml:"from"`
	Until     settings.Day `yaml:"until"`
	// RelaySender and RelayRecipient are addresses of two domains of whoever scans,
	// outside every scope; without them no relay is tried.
	RelaySender    string `yaml:"relay_sender"`
	RelayRecipient string `yaml:"relay_recipient"`
}

var intrusiveSection = settings.Section{
	Name: "intrusive",
	Is: scanner.Text{
		FR: "La permission datée des sondes de niveau P3 (relais de messagerie, failles de lecture de mémoire) : éteintes sans elle.",
		EN: "The dated permission for looks of level P3 (mail relays, flaws that read memory): off without it.",
	},
	Keys: settings.Keys{
		"by":        {FR: "fonction de qui autorise, et non son nom", EN: "function of who authorises, not a name", Needed: true, Example: "Directeur général"},
		"reference": {FR: "référence du document", EN: "reference of the document", Example: "CONV-2026-014-P3"},
		"from":      {FR: "premier jour", EN: "first day", Example: "2026-03-02"},
		"until":     {FR: "dernier jour, compris", EN: "last day, included", Needed: true, Example: "2026-03-03"},
		"relay_sender": {
			FR: "adresse de messagerie à vous, d'où part l'essai de relais ; sans elle, aucun n'est fait", EN: "mail address of yours, from which a relay is tried; without it none is",
			Example: "essai@centre-regional.example",
		},
		"relay_recipient": {FR: "autre adresse à vous, dans un autre domaine, à qui il est destiné", EN: "another address of yours, in another domain, to which it is sent", Example: "essai@autre-domaine.example"},
	},
}

// Validate refuses a permission that would have no effect.
func (i Intrusive) Validate() settings.Faults {
	var faults settings.Faults
	switch {
	case i.By != "" && i.Until.IsZero():
		faults = append(faults, settings.Missing("until", "until: 2026-03-03"))
	case i.By == "" && i != (Intrusive{}):
		faults = append(faults, settings.Missing("by", "by: Directeur général"))
	}
	switch {
	case i.RelaySender != "" && i.RelayRecipient == "":
		faults = append(faults, settings.Missing("relay_recipient", "relay_recipient: essai@autre-domaine.example"))
	case i.RelaySender == "" && i.RelayRecipient != "":
		faults = append(faults, settings.Missing("relay_sender", "relay_sender: essai@centre-regional.example"))
	}
	for _, address := range []struct{ key, written string }{{"relay_sender", i.RelaySender}, {"relay_recipient", i.RelayRecipient}} {
		if parsed, err := mail.ParseAddress(address.written); address.written != "" && (err != nil || parsed.Address != address.written) {
			faults = append(faults, settings.Fault{
				Key:  address.key,
				What: settings.Say("« %s » n'est pas une adresse de messagerie", "%q is not a mail address", address.written),
				Hint: scanner.Text{FR: "écrivez par exemple essai@centre-regional.example", EN: "write for example essai@centre-regional.example"},
			})
		}
	}
	return append(faults, ordered(i.From, i.Until)...)
}

// FilePaths are none.
func (*Intrusive) FilePaths() []*string { return nil }
