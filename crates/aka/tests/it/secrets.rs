//! K, OPc, TOPc and session keys have no `Debug`, `Display` or `Serialize`
//! (ARCHITECTURE.md, rule 5): this file compiles only while that is so.

use std::fmt::{Debug, Display};

use aka::eap::{EapKeys, EapVector};
use aka::eps::EpsVector;
use aka::five_g::FiveGVector;
use aka::usim::{Answer, Response};
use aka::{
    Algorithm, AuthenticationVector, GsmTriplet, Keys, Milenage, Operator, Outputs, Res, Tuak,
    TuakKey, TuakOperator, Value,
};

/// `Probe<_>` is ambiguous, and so does not compile, for a type that has the trait.
macro_rules! silent {
    ($($secret:ty),+ $(,)?) => { $(
        const _: fn() = || {
            trait Probe<Marker> {
                fn there() {}
            }
            impl<T: ?Sized> Probe<()> for T {}
            struct Printed;
            impl<T: ?Sized + Debug> Probe<Printed> for T {}
            struct Shown;
            impl<T: ?Sized + Display> Probe<Shown> for T {}
            <$secret as Probe<_>>::there();
        };
    )+ };
}

silent!(
    Algorithm,
    Answer,
    AuthenticationVector,
    EapKeys,
    EapVector,
    EpsVector,
    FiveGVector,
    GsmTriplet,
    Keys,
    Milenage,
    Operator,
    Outputs,
    Res,
    Response,
    Tuak,
    TuakKey,
    TuakOperator,
    Value<32>,
);
