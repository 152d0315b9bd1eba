// Coefficients of a cell of a coarser level from those of its children, for the kernels that bind `level_transport` and `level_reaction`.

// Of coarse cell p of n: transport is averaged, local derivatives are summed. The finer level, of `fine` cells, begins at element `first`.
fn of_children(p: vec3<u32>, n: vec3<u32>, fine: vec3<u32>, first: u32) -> Coefficients {
    let cx = children(p.x, fine.x, n.x);
    let cy = children(p.y, fine.y, n.y);
    let cz = children(p.z, fine.z, n.z);
    let none = Coefficients(vec4<f32>(0.0), vec4<f32>(0.0));
    var total = none;
    for (var z = cz.x; z < cz.y; z++) {
        var plane = none;
        for (var y = cy.x; y < cy.y; y++) {
            var row = none;
            for (var x = cx.x; x < cx.y; x++) {
                let i = first + element(vec3<u32>(x, y, z), fine);
                row = both(row, Coefficients(unpacked(level_transport[i]), unpacked(level_reaction[i])));
            }
            plane = both(plane, row);
        }
        total = both(total, plane);
    }
    let share = one_over_count(cx) * one_over_count(cy) * one_over_count(cz);
    return Coefficients(total.transport * share, total.reaction);
}
