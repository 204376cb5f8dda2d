//! User data and its header (TS 23.040 clauses 9.2.3.16 and 9.2.3.24): information
//! elements for parts, ports and secured packets, in any order.

use super::reader::Reader;
use crate::UiccError;

/// Concatenated short messages, 8-bit and 16-bit reference.
const CONCATENATED_8: u8 = 0x00;
const CONCATENATED_16: u8 = 0x08;
/// Application port addressing, 16 bits.
const PORTS_16: u8 = 0x05;

/// User data: a header's elements and what stands behind them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserData {
    /// The header's elements; without any there is no header.
    pub elements: Vec<Element>,
    /// What stands behind the header: octets, or septets in their octets.
    pub body: Vec<u8>,
    /// TP-UDL where it counts septets (the GSM 7-bit alphabet).
    pub septets: Option<u8>,
}

/// An information element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    /// Its identifier.
    pub identifier: u8,
    /// Its value.
    pub value: Vec<u8>,
}

/// What tells the parts of one message from those of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reference {
    /// Eight bits.
    Short(u8),
    /// Sixteen bits.
    Long(u16),
}

/// A part's place in its message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Concatenation {
    /// The message.
    pub reference: Reference,
    /// How many parts it has, 1 to 255.
    pub total: u8,
    /// Which one this is, 1 to `total`.
    pub number: u8,
}

/// Application ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ports {
    /// To whom.
    pub destination: u16,
    /// From whom.
    pub originator: u16,
}

impl Element {
    fn concatenation(&self) -> Option<Concatenation> {
        let (reference, total, number) = match (self.identifier, self.value.as_slice()) {
            (CONCATENATED_8, [reference, total, number]) => {
                (Reference::Short(*reference), *total, *number)
            }
            (CONCATENATED_16, [high, low, total, number]) => {
                let reference = u16::from_be_bytes([*high, *low]);
                (Reference::Long(reference), *total, *number)
            }
            _ => return None,
        };
        (number > 0 && number <= total).then_some(Concatenation {
            reference,
            total,
            number,
        })
    }
}

impl Concatenation {
    pub(super) fn element(self) -> Element {
        let (identifier, mut value) = match self.reference {
            Reference::Short(reference) => (CONCATENATED_8, vec![reference]),
            Reference::Long(reference) => (CONCATENATED_16, reference.to_be_bytes().to_vec()),
        };
        value.extend([self.total, self.number]);
        Element { identifier, value }
    }
}

impl Ports {
    /// As an element with 16-bit ports.
    #[must_use]
    pub fn element(self) -> Element {
        let (to, from) = (
            self.destination.to_be_bytes(),
            self.originator.to_be_bytes(),
        );
        Element {
            identifier: PORTS_16,
            value: [to, from].concat(),
        }
    }
}

impl UserData {
    /// Octets without a header.
    #[must_use]
    pub const fn plain(body: Vec<u8>) -> Self {
        Self {
            elements: Vec::new(),
            body,
            septets: None,
        }
    }

    /// Reads TP-UDL and TP-UD, of `most` octets.
    pub(super) fn read(
        reader: &mut Reader<'_>,
        has_header: bool,
        dcs: u8,
        most: usize,
    ) -> Result<Self, UiccError> {
        let length = reader.u8("TP-UDL")?;
        let is_septets = is_septets(dcs);
        let octets = match is_septets {
            true => (usize::from(length) * 7).div_ceil(8),
            false => usize::from(length),
        };
        if octets > most {
            return Err(UiccError::Length("TP-UDL"));
        }
        let user_data = reader.take(octets, "TP-UD")?;
        let mut body = Reader::new(user_data);
        let mut elements = Vec::new();
        if has_header {
            let length = usize::from(body.u8("the user data header")?);
            if length == 0 {
                return Err(UiccError::Reserved("the user data header"));
            }
            let mut header = Reader::new(body.take(length, "the user data header")?);
            while !header.is_empty() {
                let identifier = header.u8("an element")?;
                let length = usize::from(header.u8("an element")?);
                let value = header.take(length, "an element")?.to_vec();
                elements.push(Element { identifier, value });
            }
        }
        Ok(Self {
            elements,
            body: body.rest().to_vec(),
            septets: is_septets.then_some(length),
        })
    }

    /// TP-UDL and TP-UD, of `most` octets.
    pub(super) fn write(&self, out: &mut Vec<u8>, most: usize) -> Result<(), UiccError> {
        let header = self.encoded_header()?;
        let octets = header.len() + self.body.len();
        if octets > most {
            return Err(UiccError::TooLong);
        }
        let length = match self.septets {
            Some(septets) if (usize::from(septets) * 7).div_ceil(8) == octets => septets,
            Some(_) => return Err(UiccError::Length("TP-UDL")),
            None => u8::try_from(octets).map_err(|_| UiccError::TooLong)?,
        };
        out.push(length);
        out.extend(header);
        out.extend(&self.body);
        Ok(())
    }

    /// The header with its length, as it is sent; nothing without elements.
    ///
    /// # Errors
    /// [`UiccError::TooLong`].
    pub fn encoded_header(&self) -> Result<Vec<u8>, UiccError> {
        if self.elements.is_empty() {
            return Ok(Vec::new());
        }
        let mut header = vec![0];
        for element in &self.elements {
            let length = u8::try_from(element.value.len()).map_err(|_| UiccError::TooLong)?;
            header.extend([element.identifier, length]);
            header.extend(&element.value);
        }
        let length = u8::try_from(header.len() - 1).map_err(|_| UiccError::TooLong)?;
        if let Some(first) = header.first_mut() {
            *first = length;
        }
        Ok(header)
    }

    /// The value of the last element of this kind (clause 9.2.3.24: of those that come
    /// twice the last one counts).
    #[must_use]
    pub fn element(&self, identifier: u8) -> Option<&[u8]> {
        let mut elements = self.elements.iter();
        let found = elements.rfind(|element| element.identifier == identifier);
        found.map(|element| element.value.as_slice())
    }

    /// The part that this is, by the last element that says it, with a reference of
    /// either length (clause 9.2.3.24). An element whose numbers can't be is ignored, as
    /// clause 9.2.3.24.1 has it: without another one this is a whole message.
    #[must_use]
    pub fn concatenation(&self) -> Option<Concatenation> {
        self.elements.iter().rev().find_map(Element::concatenation)
    }

    /// The 16-bit ports, if there are any.
    #[must_use]
    pub fn ports(&self) -> Option<Ports> {
        match self.element(PORTS_16) {
            Some([a, b, c, d]) => Some(Ports {
                destination: u16::from_be_bytes([*a, *b]),
                originator: u16::from_be_bytes([*c, *d]),
            }),
            _ => None,
        }
    }
}

/// Whether TP-UDL counts septets (TS 23.038 clause 4): the GSM 7-bit alphabet without
/// compression.
pub(super) const fn is_septets(dcs: u8) -> bool {
    match dcs >> 4 {
        // Reserved ones, here the alphabet 11, are to be taken as the 7-bit alphabet.
        0x0..=0x7 => dcs & 0x20 == 0 && matches!(dcs & 0x0c, 0 | 0x0c),
        0x8..=0xb => true,
        0xc | 0xd => true,
        0xe => false,
        _ => dcs & 0x04 == 0,
    }
}
