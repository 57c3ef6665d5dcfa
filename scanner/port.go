// SPDX-License-Identifier: Apache-2.0

package scanner

import "slices"

// MutePorts are the TCP and UDP ports of devices that act on, print or choke on what
// they do not understand. No page, redirect, template or record leads there; a look
// at ports alone may see whether they are open, and say to some of them a word of
// their own protocol (docs/adr/0018-service-identification.md).
func MutePorts() []int { return slices.Clone(mutePorts) }

// IsMutePort tells whether a port is one of MutePorts.
func IsMutePort(port int) bool { return slices.Contains(mutePorts, port) }

// The numbers are those of the IANA registry of service names, and in use.
var mutePorts = []int{
	515, 631, 9100, 9101, 9102, 9103, // printers: LPD, IPP, raw
	2575, 2576, // HL7 MLLP
	104, 2761, 2762, 4242, 11112, // DICOM, plain and under TLS
	102,      // S7 and others over COTP
	502, 802, // Modbus, plain and under TLS
	789,        // Crimson
	1911, 4911, // Niagara Fox
	1962,       // PCWorx
	2404,       // IEC 60870-5-104
	4840,       // OPC UA
	5006, 5007, // MELSEC
	9600,  // FINS
	18245, // SRTP
	20000, // DNP3
	20547, // ProConOS
	44818, // EtherNet/IP
	47808, // BACnet
}
