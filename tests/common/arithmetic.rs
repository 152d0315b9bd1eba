//! The kernels with other arithmetic, as WGSL allows it to a GPU: <https://www.w3.org/TR/WGSL/#floating-point-evaluation>.
//!
//! A kernel's text is parsed, and in place of each operator and function of numbers stands a call of one in arithmetic.wgsl, which errs as far
//! as it may. Everything else of the text stays, its names too. A device in this thread then runs those kernels.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::Range;
use std::rc::Rc;

use liplate::gpu::shader::{Kernel, Kind, Shader};
use wgpu::naga;

use naga::{BinaryOperator, Expression, Handle, MathFunction};

/// What is done to the kernels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic {
    /// divisions and functions err as far as they may, upwards or downwards by their place in the text and their operand; the number makes
    /// other choices
    Scattered(u32),
    /// all of them err away from zero
    Larger,
    /// all of them err towards zero
    Smaller,
    /// products that are added or subtracted are not rounded before
    Fused,
    /// sums of three are added from the other end
    Reassociated,
    /// results below the smallest normal number are zero
    Flushed,
    /// results that are no finite number are some number
    Definite,
    /// sums, differences and products become either of the two numbers beside them
    Rounded(u32),
}

impl Arithmetic {
    /// Calls a function, whose devices in this thread have this arithmetic.
    pub fn with<T>(self, run: impl FnOnce() -> T) -> T {
        CURRENT.replace(Some(self.shaders()));
        let result = run();
        CURRENT.replace(None);
        result
    }

    /// The kernels with it.
    fn shaders(self) -> Rc<[Shader]> {
        let shader = |&kernel| {
            let shader = Shader::new(kernel).unwrap_or_else(|e| panic!("{e}"));
            Shader { text: self.text(&shader), ..shader }
        };
        Kernel::ALL.iter().map(shader).collect()
    }

    /// In which direction an operation errs, from its `hash`.
    fn choice(self) -> String {
        match self {
            Self::Larger => "BITS(1u)".into(),
            Self::Smaller => "BITS(0u)".into(),
            Self::Scattered(bit) | Self::Rounded(bit) => format!("hash & BITS({}u)", 1 << bit),
            _ => "BITS(0u)".into(),
        }
    }

    /// A kernel's text with this arithmetic.
    fn text(self, shader: &Shader) -> String {
        let text = &shader.text;
        let module = naga::front::wgsl::parse_str(text).unwrap();
        let flags = naga::valid::ValidationFlags::all();
        let info = naga::valid::Validator::new(flags, naga::valid::Capabilities::empty()).validate(&module).unwrap();
        let functions = module.functions.iter().map(|(handle, function)| (function, &info[handle]));
        let entries = module.entry_points.iter().enumerate();
        let entries = entries.map(|(k, entry)| (&entry.function, info.get_entry_point(k)));
        let mut edits = Vec::new();
        for (function, info) in functions.chain(entries) {
            for (handle, expression) in function.expressions.iter() {
                let Some(size) = numbers(info[handle].ty.inner_with(&module.types)) else { continue };
                let source = Source { text, function };
                edits.extend(self.edit(&source, handle, expression, size));
            }
        }
        edits.sort_by_key(|edit| (edit.span.start, std::cmp::Reverse(edit.span.end)));
        let mut written = Written { text, edits: &edits, sizes: BTreeSet::new() };
        let mut changed = written.text(0..text.len());
        changed.push('\n');
        let uniform = shader.variables.iter().find(|v| v.kind == Kind::Uniform).expect("kernels have constants");
        changed += &format!("fn hidden_zero() -> u32 {{ return {}.{} >> 31u; }}\n", uniform.name, uniform.members[0].0);
        for size in written.sizes {
            let of = |what: &str| if size == 1 { what.to_string() } else { format!("vec{size}<{what}>") };
            let library = include_str!("arithmetic.wgsl").replace("CHOICE", &self.choice());
            let library = library.replace("TYPE", &of("f32")).replace("BITS", &of("u32"));
            changed += &library.replace("BOOLS", &of("bool")).replace("SIZE", &size.to_string());
        }
        changed
    }

    /// What stands in place of an expression, if anything does.
    fn edit(self, source: &Source, handle: Handle<Expression>, expression: &Expression, size: u8) -> Option<Edit> {
        let mut span = source.span(handle)?;
        let becomes = match *expression {
            Expression::Binary { .. } => self.operator(source, handle)?,
            Expression::Math { fun, .. } => {
                let name = match (self, fun) {
                    (Self::Flushed, _) => "flushed",
                    (Self::Definite, _) => "definite",
                    (Self::Scattered(_) | Self::Larger | Self::Smaller, fun) => match fun {
                        MathFunction::Exp => "exponential",
                        MathFunction::Log => "logarithm",
                        MathFunction::Sqrt => "root",
                        MathFunction::Pow => "power",
                        // exact, rounded once, or sums and products
                        MathFunction::Abs
                        | MathFunction::Min
                        | MathFunction::Max
                        | MathFunction::Clamp
                        | MathFunction::Floor
                        | MathFunction::Sign
                        | MathFunction::Dot => return None,
                        _ => panic!("what error may {fun:?} have?"),
                    },
                    _ => return None,
                };
                span.end = source.call(span.start);
                Becomes::Function { name, wraps: matches!(self, Self::Flushed | Self::Definite) }
            }
            _ => return None,
        };
        Some(Edit { span, size, becomes })
    }

    /// What stands in place of an operator.
    fn operator(self, source: &Source, handle: Handle<Expression>) -> Option<Becomes> {
        use BinaryOperator::{Add, Divide, Multiply, Subtract};
        let own = source.operator(handle)?;
        if !matches!(own.operator, Add | Subtract | Multiply | Divide) {
            return None;
        }
        let sum = matches!(own.operator, Add | Subtract);
        let name = match (self, own.operator) {
            (Self::Scattered(_) | Self::Larger | Self::Smaller, Divide) => "quotient",
            (Self::Rounded(_), Add | Subtract) => "sum",
            (Self::Rounded(_), Multiply) => "product",
            (Self::Flushed, _) => "flushed",
            (Self::Definite, _) => "definite",
            (Self::Fused, _) if sum => {
                let product = |side| source.inner(handle, side).filter(|inner| inner.operator == Multiply);
                let (side, product) = product(0).map(|p| (0, p)).or_else(|| product(1).map(|p| (1, p)))?;
                return Some(Becomes::Fused { own, product, side });
            }
            (Self::Reassociated, _) if sum => {
                let sum = |side| source.inner(handle, side).filter(|inner| matches!(inner.operator, Add | Subtract));
                let (side, inner) = sum(0).map(|s| (0, s)).or_else(|| sum(1).map(|s| (1, s)))?;
                return Some(Becomes::Reassociated { own, inner, side });
            }
            _ => return None,
        };
        Some(Becomes::Operator { name, own })
    }
}

/// The kernels that devices of this thread run, if they are others than those of the program.
pub fn shaders() -> Option<Rc<[Shader]>> {
    CURRENT.with_borrow(Clone::clone)
}

/// Whether devices of this thread have other arithmetic than their own.
pub fn is_other() -> bool {
    CURRENT.with_borrow(Option::is_some)
}

thread_local! {
    static CURRENT: RefCell<Option<Rc<[Shader]>>> = const { RefCell::new(None) };
}

/// How many f32 a type is, if it is nothing else.
fn numbers(ty: &naga::TypeInner) -> Option<u8> {
    match *ty {
        naga::TypeInner::Scalar(naga::Scalar::F32) => Some(1),
        naga::TypeInner::Vector { size, scalar: naga::Scalar::F32 } => Some(size as u8),
        _ => None,
    }
}

/// A function of the text.
struct Source<'a> {
    text: &'a str,
    function: &'a naga::Function,
}

/// An operator, and where its operands stand in the text; of an assignment such as `x += y` the first is x.
#[derive(Clone, Debug)]
struct Operator {
    operator: BinaryOperator,
    operands: [Range<usize>; 2],
    assigns: bool,
    /// stands elsewhere, under a name
    far: bool,
}

impl Source<'_> {
    fn span(&self, handle: Handle<Expression>) -> Option<Range<usize>> {
        let span = self.function.expressions.get_span(handle).to_range()?;
        let text = self.text[span.clone()].trim_end_matches(|c: char| c == ';' || c.is_whitespace());
        Some(span.start..span.start + text.len())
    }

    /// Where the call ends whose name begins there.
    fn call(&self, start: usize) -> usize {
        let (mut depth, mut end) = (0, start);
        for c in self.text[start..].chars() {
            end += c.len_utf8();
            depth += i32::from(c == '(') - i32::from(c == ')');
            if c == ')' && depth == 0 {
                break;
            }
        }
        end
    }

    /// An operator as it is written.
    fn operator(&self, handle: Handle<Expression>) -> Option<Operator> {
        let Expression::Binary { op, .. } = self.function.expressions[handle] else { return None };
        let sign = match op {
            BinaryOperator::Add => '+',
            BinaryOperator::Subtract => '-',
            BinaryOperator::Multiply => '*',
            BinaryOperator::Divide => '/',
            _ => return None,
        };
        let whole = self.span(handle)?;
        let at = self.sign(whole.clone(), sign)?;
        let assigns = self.text[at + 1..].starts_with('=');
        let second = at + if assigns { 2 } else { 1 };
        Some(Operator { operator: op, operands: [whole.start..at, second..whole.end], assigns, far: false })
    }

    /// Where the sign stands: the last outside of brackets, as operators of equal rank are read from the left, or that of an assignment.
    fn sign(&self, whole: Range<usize>, sign: char) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let (mut depth, mut found, mut after_operand) = (0, None, false);
        let mut at = whole.start;
        while at < whole.end {
            let c = char::from(bytes[at]);
            if self.text[at..].starts_with("//") {
                at += self.text[at..].find('\n')?;
                continue;
            }
            depth += i32::from("([".contains(c)) - i32::from(")]".contains(c));
            let exponent = "+-".contains(c) && bytes[at - 1] == b'e' && bytes[at - 2].is_ascii_digit();
            if c == sign && depth == 0 && after_operand && !exponent {
                found = Some(at);
                if bytes[at + 1] == b'=' {
                    break;
                }
            }
            if !c.is_whitespace() {
                after_operand = !"+-*/(,".contains(c);
            }
            at += 1;
        }
        found
    }

    /// The operator that makes an operand of another, if compilers see it: directly, or under a name that a `let` has given it, from what
    /// does not change in between.
    fn inner(&self, outer: Handle<Expression>, side: usize) -> Option<Operator> {
        let Expression::Binary { left, right, .. } = self.function.expressions[outer] else { return None };
        let operand = [left, right][side];
        let (own, inner) = (self.operator(outer)?, self.operator(operand)?);
        let own = &own.operands[side];
        if own.start <= inner.operands[0].start && inner.operands[1].end <= own.end {
            return Some(inner);
        }
        (!inner.assigns && self.stays(operand)).then_some(Operator { far: true, ..inner })
    }

    /// Whether a value depends on nothing that the kernel changes.
    fn stays(&self, handle: Handle<Expression>) -> bool {
        match &self.function.expressions[handle] {
            Expression::Load { pointer } => {
                let mut base = *pointer;
                loop {
                    base = match self.function.expressions[base] {
                        Expression::Access { base, .. } | Expression::AccessIndex { base, .. } => base,
                        Expression::GlobalVariable(_) => return true,
                        _ => return false,
                    };
                }
            }
            Expression::Binary { left, right, .. } => self.stays(*left) && self.stays(*right),
            Expression::Unary { expr, .. } | Expression::As { expr, .. } => self.stays(*expr),
            Expression::Splat { value: base, .. }
            | Expression::Swizzle { vector: base, .. }
            | Expression::AccessIndex { base, .. } => self.stays(*base),
            Expression::Compose { components, .. } => components.iter().all(|&c| self.stays(c)),
            Expression::Math { arg, arg1, arg2, .. } => {
                [Some(*arg), *arg1, *arg2].into_iter().flatten().all(|arg| self.stays(arg))
            }
            Expression::Literal(_)
            | Expression::Constant(_)
            | Expression::FunctionArgument(_)
            | Expression::CallResult(_)
            | Expression::ZeroValue(_) => true,
            _ => false,
        }
    }
}

/// What comes in place of a part of the text.
#[derive(Debug)]
struct Edit {
    span: Range<usize>,
    /// numbers in the value
    size: u8,
    becomes: Becomes,
}

#[derive(Debug)]
enum Becomes {
    /// a function of that name with the same arguments, or around it
    Function { name: &'static str, wraps: bool },
    /// a function of that name of both operands, or of the result
    Operator { name: &'static str, own: Operator },
    /// a sum whose operand on one side is a product
    Fused { own: Operator, product: Operator, side: usize },
    /// a sum whose operand on one side is a sum
    Reassociated { own: Operator, inner: Operator, side: usize },
}

/// The text with its edits.
struct Written<'a> {
    text: &'a str,
    /// by their places, outer ones first
    edits: &'a [Edit],
    /// sizes that the library is needed for
    sizes: BTreeSet<u8>,
}

impl Written<'_> {
    /// A part of the text.
    fn text(&mut self, part: Range<usize>) -> String {
        let (mut at, mut written) = (part.start, String::new());
        let first = self.edits.partition_point(|edit| edit.span.start < part.start);
        for edit in &self.edits[first..] {
            if edit.span.start >= part.end {
                break;
            }
            if edit.span.start >= at && edit.span.end <= part.end {
                written += &self.text[at..edit.span.start];
                written += &self.edited(edit);
                at = edit.span.end;
            }
        }
        written + &self.text[at..part.end]
    }

    fn edited(&mut self, edit: &Edit) -> String {
        let (size, place) = (edit.size, edit.span.start);
        self.sizes.insert(size);
        let ty = if size == 1 { "f32".to_string() } else { format!("vec{size}<f32>") };
        let (own, value) = match &edit.becomes {
            Becomes::Function { name, wraps } => {
                let open = self.text[place..].find('(').expect("a call has arguments") + place;
                let inside = self.text(open + 1..edit.span.end - 1);
                return match wraps {
                    true => format!("{name}_{size}({}({inside}))", &self.text[place..open]),
                    false => format!("{name}_{size}({inside}, {place}u)"),
                };
            }
            Becomes::Operator { name: name @ ("flushed" | "definite"), own } => {
                let [a, b] = self.operands(own, &ty);
                let sign = sign(own.operator);
                (own, format!("{name}_{size}({a} {sign} {b})"))
            }
            Becomes::Operator { name, own } => {
                let [a, b] = self.operands(own, &ty);
                let sign = if own.operator == BinaryOperator::Subtract { "-" } else { "" };
                (own, format!("{name}_{size}({a}, {sign}{b}, {place}u)"))
            }
            Becomes::Fused { own, product, side } => {
                let other = self.operands(own, &ty)[1 - side].clone();
                let [a, b] = self.inner(product, &ty);
                let minus = own.operator == BinaryOperator::Subtract;
                let sign = |negative| if negative { "-" } else { "" };
                let (of_product, of_other) = (sign(minus && *side == 1), sign(minus && *side == 0));
                (own, format!("fused_{size}({of_product}{a}, {b}, {of_other}{other})"))
            }
            Becomes::Reassociated { own, inner, side } => {
                let other = self.operands(own, &ty)[1 - side].clone();
                let [a, b] = self.inner(inner, &ty);
                let [own_minus, inner_minus] = [own, inner].map(|o| o.operator == BinaryOperator::Subtract);
                let value = if *side == 0 {
                    // (a ± b) ± other
                    match (inner_minus, own_minus) {
                        (false, false) => format!("({a} + ({b} + {other}))"),
                        (false, true) => format!("({a} + ({b} - {other}))"),
                        (true, false) => format!("({a} + ({other} - {b}))"),
                        (true, true) => format!("({a} - ({b} + {other}))"),
                    }
                } else {
                    // other ± (a ± b)
                    let [first, second] = [own_minus, own_minus != inner_minus].map(|m| if m { "-" } else { "+" });
                    format!("(({other} {first} {a}) {second} {b})")
                };
                (own, value)
            }
        };
        match own.assigns {
            true => format!("{} = {value}", &self.text[own.operands[0].clone()]),
            false => value,
        }
    }

    /// Operands of their own type: of a number and a vector both become vectors.
    fn operands(&mut self, own: &Operator, ty: &str) -> [String; 2] {
        own.operands.clone().map(|operand| format!("{ty}({})", self.text(operand)))
    }

    /// Operands of an operator that is the operand of another. What is written out in place of its name has names written out no further.
    fn inner(&mut self, inner: &Operator, ty: &str) -> [String; 2] {
        if !inner.far {
            return self.operands(inner, ty);
        }
        inner.operands.clone().map(|operand| format!("{ty}({})", &self.text[operand]))
    }
}

fn sign(operator: BinaryOperator) -> char {
    match operator {
        BinaryOperator::Add => '+',
        BinaryOperator::Subtract => '-',
        BinaryOperator::Multiply => '*',
        _ => '/',
    }
}
